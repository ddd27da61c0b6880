package dev.millrace.deploy.labels;

import dev.millrace.ingest.feature.EncodedImpression;
import dev.millrace.ingest.feature.FeatureValue;
import dev.millrace.ingest.feature.FeatureVector;
import dev.millrace.ingest.feature.RawFeatures;
import dev.millrace.ingest.feature.Vectorizer;
import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.proto.Action;
import dev.millrace.ingest.proto.DeadLetterReason;
import dev.millrace.ingest.proto.Impression;
import dev.millrace.ingest.proto.ShownItem;
import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.sample.SampleBlockBuilder;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.SpecReader;
import dev.millrace.join.match.Label;
import dev.millrace.join.match.MatchOutput;
import dev.millrace.join.match.MatchState;
import dev.millrace.join.match.RequestMatcher;
import dev.millrace.join.vector.SampleVectors;
import dev.millrace.learner.step.FtrlStep;
import dev.millrace.ps.life.RowLife;
import dev.millrace.ps.model.FtrlRows;
import dev.millrace.ps.table.OffHeapTable;
import dev.millrace.ps.table.ParameterTable;
import dev.millrace.ps.table.RowLayout;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A log of requests for items whose true click rates are known, joined and learned as it comes: eight items, four of them
 * a request, clicks with a delay. Event time is the time of the simulation.
 */
final class SimulatedLog {
    static final double[] RATES = {0.05, 0.08, 0.1, 0.12, 0.15, 0.2, 0.3, 0.5};

    private static final String SPEC = """
        model: m
        objective: logistic
        labels: {click: 1}
        rewardWindow: %s
        slots: {item: {type: category, from: item.id}}
        optimizer: {type: ftrl, alpha: 0.05, beta: 1, l1: 0, l2: 0}
        policies: %s
        """;
    private static final int SHOWN = 4;
    private static final long START_MS = 1_000_000;

    private final ModelSpec spec;
    private final RequestMatcher matcher;
    private final SampleVectors vectors;
    private final ParameterTable table = new OffHeapTable(RowLayout.TRAINING, 1_000);
    private final FtrlStep step;
    private final UnaryOperator<SampleBlockBuilder.Meta> change;
    private final PriorityQueue<Event> events = new PriorityQueue<>(Comparator.comparingLong(Event::timeMs));
    private final Map<String, MatchState> states = new HashMap<>();
    private final Output output = new Output();
    private final long[] items = new long[RATES.length];
    private long nowMs;
    private final double[] predicted = new double[RATES.length];
    private final long[] measured = new long[RATES.length];
    private long clicks;
    private long samples;

    /** What happens to a request; without an action its timer. */
    private record Event(
            long timeMs, String request, @Nullable Action action) {}

    /** @param change of each sample before it is learned: what a naive way would do */
    SimulatedLog(String rewardWindow, String policies, UnaryOperator<SampleBlockBuilder.Meta> change) {
        spec = SpecReader.parse("simulated", SPEC.formatted(rewardWindow, policies));
        matcher = new RequestMatcher(List.of(spec), 100);
        vectors = new SampleVectors(spec);
        step = new FtrlStep(spec, table, new RowLife(spec, table));
        this.change = change;
        for (int item = 0; item < items.length; item++) {
            items[item] = feature("i" + item);
        }
    }

    private long feature(String item) {
        Vectorizer vectorizer = new Vectorizer(spec);
        Vectorizer.Request request = vectorizer.newRequest();
        FeatureVector vector = new FeatureVector();
        vectorizer.request(RawFeatures.of(Map.of()), request, vector);
        vectorizer.item(RawFeatures.of(Map.of("item.id", new FeatureValue.Text(item))), request, vector);
        return vector.id(vector.size() - 1);
    }

    /**
     * Plays requests, one each 10 ms; the second half is measured.
     *
     * @param meanDelayMs of a click, exponentially distributed
     */
    SimulatedLog play(long seed, int requests, double meanDelayMs) {
        Random random = new Random(seed);
        for (int request = 0; request < requests; request++) {
            long timeMs = START_MS + 10L * request;
            until(timeMs);
            show(random, "r" + request, timeMs, meanDelayMs, request >= requests / 2);
        }
        until(Long.MAX_VALUE);
        return this;
    }

    private void show(Random random, String request, long timeMs, double meanDelayMs, boolean isMeasured) {
        Impression.Builder impression = Impression.newBuilder()
                .setRequestId(request)
                .setModel("m")
                .setUser("u")
                .setTimeMs(timeMs);
        int first = random.nextInt(RATES.length);
        for (int i = 0; i < SHOWN; i++) {
            int item = (first + 3 * i) % RATES.length;
            impression.addItems(ShownItem.newBuilder().setItem("i" + item).setScore(0.5f));
            boolean click = random.nextDouble() < RATES[item];
            long delayMs = (long) (-Math.log(1 - random.nextDouble()) * meanDelayMs);
            if (click) {
                events.add(new Event(timeMs + 1 + delayMs, request, click(request, item, timeMs + 1 + delayMs)));
            }
            if (isMeasured) {
                predicted[item] += probability(item);
                measured[item]++;
                clicks += click ? 1 : 0;
            }
        }
        byte[] bytes = impression.build().toByteArray();
        keep(request, matcher.impression(null, EncodedImpression.trusted(bytes, 0, bytes.length), nowMs, output));
    }

    private static Action click(String request, int item, long timeMs) {
        return Action.newBuilder()
                .setId(request + "-" + item)
                .setType("click")
                .setRequestId(request)
                .setItem("i" + item)
                .setTimeMs(timeMs)
                .setAcceptedMs(timeMs)
                .build();
    }

    private void until(long timeMs) {
        while (!events.isEmpty() && events.element().timeMs() <= timeMs) {
            Event event = events.remove();
            nowMs = event.timeMs();
            MatchState state = states.get(event.request());
            if (event.action() != null) {
                keep(event.request(), matcher.action(state, event.action(), nowMs, output));
            } else if (state != null) {
                keep(event.request(), matcher.advance(state, nowMs, output));
            }
        }
        nowMs = timeMs;
    }

    private void keep(String request, @Nullable MatchState state) {
        if (state == null) {
            states.remove(request);
        } else {
            states.put(request, state);
            events.add(new Event(matcher.nextTimerMs(state), request, null));
        }
    }

    /** What serving would answer now: no correction, no weights. */
    private double probability(int item) {
        double z = weight(FeatureIds.BIAS) + weight(items[item]);
        return 1 / (1 + Math.exp(-z));
    }

    private double weight(long key) {
        long row = table.find(key);
        return row == ParameterTable.MISSING
                ? 0
                : FtrlRows.weight(table.getFloat(row, RowLayout.Z), table.getFloat(row, RowLayout.N), spec.optimizer());
    }

    /** Progressive, over the measured half: Σp / Σy of all that was shown, sampled or not. */
    double calibration() {
        return Arrays.stream(predicted).sum() / clicks;
    }

    /** What was answered of the item in the measured half, on average. */
    double answered(int item) {
        return predicted[item] / measured[item];
    }

    long samples() {
        return samples;
    }

    int requestsLeft() {
        return states.size();
    }

    private final class Output implements MatchOutput {
        private final SampleBlockBuilder builder = new SampleBlockBuilder();
        private final int[] first = {0};
        private final float[] prediction = new float[1];

        @Override
        public void labels(EncodedImpression impression, String model, List<Label> labels) {
            vectors.samples(impression, labels, sample -> {
                samples++;
                builder.add(change.apply(sample.meta()), sample.vector());
                SampleBlock block =
                        builder.build(new SampleBlock.Header(model, spec.fingerprint(), START_MS, START_MS));
                step.learn(block, first, 1, prediction, key -> {});
            });
        }

        @Override
        public void counted(Action action) {}

        @Override
        public void rejected(Action action, String model, DeadLetterReason reason) {}

        @Override
        public void repeated(EncodedImpression impression) {}
    }
}
