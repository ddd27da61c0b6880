package dev.millrace.api.monitor.window;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.log.TestBroker;
import dev.millrace.ingest.proto.Action;
import dev.millrace.ingest.proto.DeadLetter;
import dev.millrace.ingest.proto.DeadLetterReason;
import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.sample.SampleBlockCodec;
import dev.millrace.ingest.topic.TopicAdmin;
import dev.millrace.ingest.topic.Topics;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole application on a real broker, in a process that is killed in the middle. */
class WindowStreamsTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int BLOCKS = 400;
    private static final int KILLED_AFTER = 15_000;

    @TempDir
    Path dir;

    private final WindowWorld world = new WindowWorld(21);
    private final TaskWindows[] expected = {task(), task()};
    private final List<SampleBlock> sent = new ArrayList<>();
    private int letters;

    private static TaskWindows task() {
        return new TaskWindows(WindowWorld.MODELS, WindowWorld.CONFIG, VersionNumbers.NONE);
    }

    @Test
    void sumsAfterAKillAreThoseOfTheLog() throws Exception {
        try (TestBroker broker = new TestBroker(dir.resolve("kafka"));
                KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(
                        Map.of("bootstrap.servers", broker.bootstrapServers, "linger.ms", 0),
                        new ByteArraySerializer(),
                        new ByteArraySerializer())) {
            TopicAdmin.create(
                    broker.bootstrapServers,
                    List.of("shop"),
                    new TopicAdmin.Layout(2, 2, (short) 1, Duration.ofDays(7), 1L << 30));
            killInTheMiddle(broker.bootstrapServers, producer);
            while (sent.size() < BLOCKS) {
                send(producer);
            }
            producer.flush();
            goesOn(broker.bootstrapServers);
        }
    }

    /** A block of one request more; now and then one that came before, or an action that came to nothing. */
    private void send(KafkaProducer<byte[], byte[]> producer) {
        int n = sent.size();
        SampleBlock block = n % 17 == 16 ? sent.get(n - 8) : world.block(20, System.currentTimeMillis());
        int partition = (n % 17 == 16 ? n - 8 : n) % 2;
        sent.add(block);
        expected[partition].samples("shop", block);
        var unused = producer.send(
                new ProducerRecord<>(Topics.samples("shop"), partition, null, SampleBlockCodec.encode(block)));
        if (n % 10 == 0) {
            Action action = Action.newBuilder().setId("e" + letters++).build();
            DeadLetter letter = DeadLetter.newBuilder()
                    .setReason(DeadLetterReason.DEAD_LETTER_REASON_LATE)
                    .setModel("shop")
                    .setAction(action)
                    .setTimeMs(System.currentTimeMillis())
                    .build();
            var unusedToo = producer.send(new ProducerRecord<>(Topics.DEAD_LETTERS, letter.toByteArray()));
            expected[0].letter("shop", Outcome.LATE, (long) letters, letter.getTimeMs());
        }
    }

    private void killInTheMiddle(String bootstrap, KafkaProducer<byte[], byte[]> producer)
            throws IOException, InterruptedException {
        Process process = process(bootstrap, dir.resolve("streams"), "0");
        try (BufferedReader out =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            long samples = 0;
            while (samples < KILLED_AFTER) {
                // One block as often as it says something: it dies with some of them not committed.
                String line = out.readLine();
                assertTrue(line != null, "it ended by itself");
                if (line.matches("\\d+ (true|false)")) {
                    samples = Long.parseLong(line.substring(0, line.indexOf(' ')));
                    for (int b = 0; b < 3 && line.endsWith("true") && sent.size() < BLOCKS - 50; b++) {
                        send(producer);
                    }
                }
            }
        } finally {
            process.destroyForcibly();
            assertTrue(process.waitFor(10, TimeUnit.SECONDS));
        }
    }

    private Process process(String bootstrap, Path streams, String instance) throws IOException {
        return new ProcessBuilder(
                        ProcessHandle.current().info().command().orElse("java"),
                        "-Xmx256m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        "--add-modules",
                        "jdk.incubator.vector",
                        WindowsProcess.class.getName(),
                        bootstrap,
                        streams.toString(),
                        instance)
                .redirectError(dir.resolve("process.err").toFile())
                .start();
    }

    private void goesOn(String bootstrap) throws IOException, InterruptedException {
        Windows windows = new Windows(VersionNumbers.NONE, 2, Clock.systemUTC());
        WindowStreams.Config config = WindowsProcess.config(bootstrap, dir.resolve("streams"), "0");
        Windows wanted = new Windows(VersionNumbers.NONE, 2, Clock.systemUTC());
        wanted.add(0, expected[0]);
        wanted.add(1, expected[1]);
        long samples = sums(wanted, BucketKey.ALL).quality().quality().samples();
        try (WindowStreams streams = WindowStreams.start(config, WindowWorld.MODELS, WindowWorld.CONFIG, windows)) {
            Awaitility.await()
                    .atMost(PATIENCE)
                    .until(() ->
                            sums(windows, BucketKey.ALL).quality().quality().samples() >= samples
                                    && sums(windows, BucketKey.ALL).outcomes[Outcome.LATE.ordinal()] == letters);
            assertTrue(streams.running());
            equal(wanted, windows);
            shares(bootstrap, wanted, windows);
        }
    }

    private static void equal(Windows wanted, Windows windows) {
        for (String part : wanted.parts("shop", Length.DAY)) {
            assertEquals(sums(wanted, part), sums(windows, part), part);
        }
        assertEquals(wanted.parts("shop", Length.DAY), windows.parts("shop", Length.DAY));
    }

    /** Another process takes a part of the work; both have the whole, and this one has it when that one is killed. */
    private void shares(String bootstrap, Windows wanted, Windows windows) throws IOException, InterruptedException {
        Process other = process(bootstrap, dir.resolve("streams-1"), "1");
        String all = sums(wanted, BucketKey.ALL).quality().quality().samples() + " true";
        try (BufferedReader out =
                new BufferedReader(new InputStreamReader(other.getInputStream(), StandardCharsets.UTF_8))) {
            long deadlineNs = System.nanoTime() + PATIENCE.toNanos();
            String line = out.readLine();
            while (!(all.equals(line) && windows.isHere(0) != windows.isHere(1))) {
                assertTrue(System.nanoTime() < deadlineNs, "the other one says " + line + ", not " + all);
                line = out.readLine();
            }
            equal(wanted, windows);
        } finally {
            other.destroyForcibly();
            assertTrue(other.waitFor(10, TimeUnit.SECONDS));
        }
        equal(wanted, windows);
        assertEquals(2, windows.partitions());
        Awaitility.await().atMost(PATIENCE).until(() -> windows.isHere(0) && windows.isHere(1));
        equal(wanted, windows);
    }

    private static WindowSums sums(Windows of, String part) {
        return of.sums("shop", part, Length.DAY);
    }
}
