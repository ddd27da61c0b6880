package dev.millrace.deploy.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.deploy.embedded.EmbeddedBroker;
import dev.millrace.ingest.letter.DeadLetterLog;
import dev.millrace.ingest.letter.LetterFilter;
import dev.millrace.ingest.proto.Envelope;
import dev.millrace.ingest.proto.Heartbeat;
import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.SpecReader;
import dev.millrace.ingest.topic.TopicAdmin;
import dev.millrace.ingest.topic.Topics;
import dev.millrace.join.flink.JoinJob;
import dev.millrace.join.oracle.Arrival;
import dev.millrace.join.oracle.DisorderedLog;
import dev.millrace.join.oracle.Expected;
import dev.millrace.join.oracle.Oracle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The job on Flink's local cluster with a real Kafka, stopped or cancelled at random places of logs in disorder, against
 * the offline oracle: exactly once in effect. {@code -Dmillrace.restarts=20} plays so many seeds.
 */
@Tag("e2e")
class JoinRestartsTest {
    private static final int SEEDS = Integer.getInteger("millrace.restarts", 2);
    private static final long FIRST_SEED = 9_000;
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    /** Beyond everything of a log. */
    private static final long END_MS = 10_000_000;

    @TempDir
    Path data;

    @Test
    void everySeedMakesWhatTheOracleSaysWhateverIsRestarted() throws Exception {
        int repeats = 0;
        for (long seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
            try (EmbeddedBroker broker = EmbeddedBroker.start(data.resolve("kafka" + seed))) {
                repeats += play(DisorderedLog.of(seed, "r", true), broker.bootstrapServers());
            }
        }
        System.out.printf("%d seeds, %d samples came again after a restart and were the same%n", SEEDS, repeats);
    }

    /** How many samples came more than once. */
    private int play(DisorderedLog log, String kafka) throws Exception {
        Set<String> models = new TreeSet<>();
        for (String yaml : log.specs()) {
            ModelSpec spec = SpecReader.parse("seed", yaml);
            models.add(spec.model());
        }
        int parallelism = 1 + (int) (log.seed() % 2);
        var layout = new TopicAdmin.Layout(2, parallelism, (short) 1, Duration.ofDays(1), 1L << 30);
        TopicAdmin.create(kafka, models, layout);
        JoinJob.Config config = JoinJob.Config.of(
                        kafka, data.resolve("checkpoints" + log.seed()).toUri())
                .withParallelism(parallelism)
                .withMaxDisorder(Duration.ofMillis(log.maxDisorderMs()));
        Random random = new Random(log.seed());
        List<Arrival> arrivals =
                log.arrivals().stream().filter(a -> !a.isWatermark()).toList();
        int first = random.nextInt(arrivals.size());
        int second = first + random.nextInt(arrivals.size() - first);
        // Once asked to stop, which takes a last checkpoint; once cancelled, which goes back to the newest one.
        write(kafka, arrivals.subList(0, first), false);
        try (JoinJob join = JoinJob.submit(config, log.specs())) {
            join.awaitRunning(PATIENCE);
            write(kafka, arrivals.subList(first, second), false);
        }
        try (JoinJob join = JoinJob.submit(config, log.specs())) {
            join.awaitRunning(PATIENCE);
            write(kafka, arrivals.subList(second, arrivals.size()), true);
            // Dies with samples out that no checkpoint includes.
            Awaitility.await("seed " + log.seed()).atMost(PATIENCE).until(() -> written(kafka, models) > 0);
            join.client().cancel().get();
        }
        Expected expected = Oracle.expected(log);
        try (JoinJob join = JoinJob.submit(config, log.specs())) {
            join.awaitRunning(PATIENCE);
            Awaitility.await("seed " + log.seed())
                    .atMost(PATIENCE)
                    .untilAsserted(() -> compare(log, expected, kafka, models));
            return compare(log, expected, kafka, models);
        }
    }

    private static long written(String kafka, Set<String> models) {
        return models.stream()
                .flatMap(model -> Log.samples(kafka, model).stream())
                .mapToLong(SampleBlock::size)
                .sum();
    }

    private static int compare(DisorderedLog log, Expected expected, String kafka, Set<String> models) {
        Map<Long, String> found = new TreeMap<>();
        int repeats = 0;
        for (String model : models) {
            for (SampleBlock block : Log.samples(kafka, model)) {
                for (int i = 0; i < block.size(); i++) {
                    String line = line(block, i);
                    String before = found.put(block.sampleId(i), line);
                    repeats += before == null ? 0 : 1;
                    assertTrue(
                            before == null || before.equals(line),
                            () -> "seed " + log.seed() + ": " + before + ", then " + line);
                }
            }
        }
        String where = "seed " + log.seed() + " " + log.specs();
        assertEquals(new TreeMap<>(expected.samples()), found, where);
        assertEquals(withoutModels(expected.letters().keySet()), letters(kafka), where);
        return repeats;
    }

    private static String line(SampleBlock block, int i) {
        return Expected.sample(
                block.header().model(),
                block.label(i),
                block.weight(i),
                block.keepRate(i),
                block.hasFakeNegatives(i),
                block.actionHash(i),
                block.eventTimeMs(i));
    }

    /** {@code REASON action}: a letter too may come twice. */
    private static Set<String> letters(String kafka) {
        Set<String> letters = new TreeSet<>();
        new DeadLetterLog(kafka).read(DeadLetterLog.Range.ALL, new LetterFilter(Set.of(), null, null), stored -> {
            String reason = stored.letter().getReason().name().substring("DEAD_LETTER_REASON_".length());
            letters.add(Expected.letterLine(reason, stored.letter().getAction().getId(), ""));
        });
        return withoutModels(letters);
    }

    private static Set<String> withoutModels(Set<String> lines) {
        return lines.stream()
                .map(line -> line.substring(0, line.lastIndexOf(' ')))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** Each event as its publisher would, in the order of the log; event time in every partition. */
    private static void write(String kafka, List<Arrival> arrivals, boolean last) throws Exception {
        try (var producer = new KafkaProducer<>(
                Map.<String, Object>of("bootstrap.servers", kafka, "acks", "all"),
                new ByteArraySerializer(),
                new ByteArraySerializer())) {
            List<Future<?>> sends = new ArrayList<>();
            for (Arrival arrival : arrivals) {
                boolean impression = arrival.impression() != null;
                Envelope.Builder envelope = Envelope.newBuilder();
                if (impression) {
                    envelope.setImpression(arrival.impression());
                } else {
                    envelope.setAction(Objects.requireNonNull(arrival.action()));
                }
                sends.add(producer.send(new ProducerRecord<>(
                        impression ? Topics.IMPRESSIONS : Topics.ACTIONS,
                        arrival.requestId().getBytes(StandardCharsets.UTF_8),
                        envelope.build().toByteArray())));
            }
            if (last) {
                byte[] end = Envelope.newBuilder()
                        .setHeartbeat(Heartbeat.newBuilder().setTimeMs(END_MS))
                        .build()
                        .toByteArray();
                for (String topic : List.of(Topics.IMPRESSIONS, Topics.ACTIONS)) {
                    for (int partition = 0; partition < 2; partition++) {
                        sends.add(producer.send(new ProducerRecord<>(topic, partition, null, end)));
                    }
                }
            }
            for (var send : sends) {
                send.get();
            }
        }
    }
}
