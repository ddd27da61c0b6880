package dev.millrace.deploy.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.log.PublisherSink;
import dev.millrace.api.rank.RankAnswer;
import dev.millrace.api.rank.RankRequest;
import dev.millrace.api.rank.RankService;
import dev.millrace.api.rank.Ranker;
import dev.millrace.api.rank.RecentRanks;
import dev.millrace.deploy.embedded.EmbeddedBroker;
import dev.millrace.deploy.evaluate.LoggedRequest;
import dev.millrace.deploy.evaluate.PolicyEstimator;
import dev.millrace.deploy.evaluate.PolicyReport;
import dev.millrace.deploy.evaluate.TargetPolicy;
import dev.millrace.ingest.feature.FeatureValue;
import dev.millrace.ingest.feature.RawFeatures;
import dev.millrace.ingest.profile.RocksDbProfileStore;
import dev.millrace.ingest.proto.Action;
import dev.millrace.ingest.publish.EventPublisher;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.SpecReader;
import dev.millrace.ingest.topic.TopicAdmin;
import dev.millrace.ps.serve.ServedVersion;
import dev.millrace.ps.serve.WeightServer;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** Answers of a real ranker on a real log, evaluated: the figures are those of what was answered and done. */
@Tag("e2e")
class EvaluateCommandTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int REQUESTS = 150;
    private static final double[] PRICES = {.5, .3, .2, .1};
    private static final String SPEC = """
        model: site
        objective: logistic
        labels: {click: 1, skip: 0}
        rewardWindow: 2s
        slots: {price: {type: number, from: item.price}}
        explore: {epsilon: 0.4, shuffle: {top: 2, rate: 0.5}}
        """;

    @TempDir
    Path data;

    private final SplittableRandom random = new SplittableRandom(7);
    private final PolicyEstimator expected = new PolicyEstimator(new TargetPolicy(0));

    /** Scores an item by its price. */
    private record ByPrice(ModelSpec spec) implements WeightServer {
        /** It has no rows. */
        @Override
        public ServedVersion read(long[] keys, int n, float[] rows) {
            return version();
        }

        @Override
        public long score(RawFeatures request, List<RawFeatures> items, float[] scores) {
            for (int i = 0; i < scores.length; i++) {
                scores[i] = items.get(i).get("item.price") instanceof FeatureValue.Numeric price
                        ? (float) price.value()
                        : 0;
            }
            return 1;
        }

        @Override
        public ServedVersion version() {
            return ServedVersion.NONE;
        }

        @Override
        public boolean caughtUp() {
            return true;
        }

        @Override
        public void onApplied(Consumer<ServedVersion> listener) {}
    }

    @Test
    void theLogSaysWhatBestFirstWouldHaveEarned() throws Exception {
        Path spec = Files.writeString(data.resolve("site.yml"), SPEC);
        Clock clock = Clock.systemUTC();
        try (EmbeddedBroker broker = EmbeddedBroker.start(data.resolve("kafka"));
                RocksDbProfileStore profiles = RocksDbProfileStore.open(data.resolve("profiles"));
                EventPublisher publisher =
                        new EventPublisher(EventPublisher.Config.of(broker.bootstrapServers()), clock)) {
            TopicAdmin.create(broker.bootstrapServers(), List.of("site"), TopicAdmin.Layout.EMBEDDED);
            Ranker ranker =
                    new Ranker(new ByPrice(SpecReader.read(spec)), profiles, new PublisherSink(publisher), clock);
            RankService service = new RankService(ranker, new RecentRanks(100, 1000), PATIENCE);
            for (int i = 0; i < REQUESTS; i++) {
                play(service.rank(request("r" + i)), publisher);
            }
            String[] arguments = {"--spec", spec.toString(), "--bootstrap-servers", broker.bootstrapServers()};
            Awaitility.await().atMost(PATIENCE).until(() -> run(arguments).startsWith(REQUESTS + " requests;"));
            PolicyReport report = expected.report();
            Path saved = data.resolve("saved.jsonl");
            String printed = run(with(arguments, "--target", "best", "--save", saved.toString()));
            check(report, printed);
            check(report, run("--requests", saved.toString(), "--target", "best"));
            assertTrue(run(with(arguments, "--from", "1h")).contains(REQUESTS + " requests"), "all were since then");
            assertTrue(run(with(arguments, "--to", "1h")).startsWith("0 requests"), "none was before");
        }
    }

    private static String[] with(String[] arguments, String... more) {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of(more));
        return all.toArray(String[]::new);
    }

    private static RankRequest request(String id) {
        List<RankRequest.Candidate> candidates = new ArrayList<>();
        for (int i = 0; i < PRICES.length; i++) {
            candidates.add(
                    new RankRequest.Candidate("i" + i, Map.of("item.price", new FeatureValue.Numeric(PRICES[i]))));
        }
        return new RankRequest(id, true, "u", null, Map.of(), candidates, 2);
    }

    /** Clicks on some, skips others, twice each: it counts once. */
    private void play(RankAnswer answer, EventPublisher publisher) throws Exception {
        List<LoggedRequest.Place> places = new ArrayList<>();
        for (RankAnswer.Ranked item : answer.items()) {
            boolean click = random.nextInt(3) == 0;
            int number = Integer.parseInt(item.item().substring(1));
            places.add(new LoggedRequest.Place(item.score(), item.propensity(), number + 1, click ? 1 : 0));
            if (click || random.nextBoolean()) {
                Action action = Action.newBuilder()
                        .setId(answer.requestId() + item.item())
                        .setType(click ? "click" : "skip")
                        .setRequestId(answer.requestId())
                        .setItem(item.item())
                        .setValue(1)
                        .setTimeMs(System.currentTimeMillis())
                        .setAcceptedMs(System.currentTimeMillis())
                        .build();
                publisher.action(action).get();
                publisher.action(action).get();
            }
        }
        expected.add(new LoggedRequest(
                PRICES.length, (float) ((.5f + .3f + .2f + .1f) / 4), List.of((double) .5f, (double) .3f), places));
    }

    private static void check(PolicyReport report, String printed) {
        for (double value : new double[] {
            report.shown().value(),
            report.ips().low(),
            report.selfNormalized().value(),
            report.doublyRobust().high(),
        }) {
            assertTrue(printed.contains(String.format(Locale.ROOT, "%.5f", value)), value + " in " + printed);
        }
        String sample = String.format(
                Locale.ROOT, "effective sample size %,.0f of %,d", report.effectivePlaces(), 2 * REQUESTS);
        assertTrue(printed.contains(sample), sample + " in " + printed);
    }

    @Test
    void wrongUseIsNamed() {
        StringWriter out = new StringWriter();
        CommandLine command = new CommandLine(new EvaluateCommand()).setErr(new PrintWriter(out));
        assertEquals(2, command.execute("--spec", "x.yml"));
        assertTrue(out.toString().contains("--bootstrap-servers"), out.toString());
    }

    private static String run(String... arguments) {
        StringWriter out = new StringWriter();
        new CommandLine(new EvaluateCommand()).setOut(new PrintWriter(out)).execute(arguments);
        return out.toString();
    }
}
