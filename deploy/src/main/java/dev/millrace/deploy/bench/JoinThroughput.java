package dev.millrace.deploy.bench;

import dev.millrace.deploy.embedded.EmbeddedBroker;
import dev.millrace.ingest.proto.Action;
import dev.millrace.ingest.proto.Envelope;
import dev.millrace.ingest.proto.Heartbeat;
import dev.millrace.ingest.proto.Impression;
import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.sample.SampleBlockCodec;
import dev.millrace.ingest.topic.TopicAdmin;
import dev.millrace.ingest.topic.Topics;
import dev.millrace.join.flink.JoinJob;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * How fast the join works off a log that stands already: the broker, which reads and writes it, and Flink share this
 * process. Time runs from the start of the tasks, cold, until the last sample is on its topic; then all are counted.
 */
final class JoinThroughput {
    private static final long LOGGED_A_SECOND = 10_000;
    private static final long ACTION_AFTER_MS = 3_000;
    private static final long HEARTBEAT_MS = 100;
    private static final long QUIET_NS = TimeUnit.SECONDS.toNanos(4);
    private static final long PATIENCE_NS = TimeUnit.MINUTES.toNanos(10);
    private static final long LOOK_MS = 20;
    private static final Duration START = Duration.ofMinutes(1);

    private final Path scratch;
    private final String spec;
    private final long impressions;
    private final JoinLoad load = new JoinLoad();

    JoinThroughput(Path scratch, String spec, long impressions) {
        this.scratch = scratch;
        this.spec = spec;
        this.impressions = impressions;
    }

    /**
     * @param impressionsPerCpuSecond of this whole process: other work on the machine does not stretch it
     * @param profile of the join while it worked
     * @param logBytes of impressions and actions, as written
     * @param sampleBytes of the blocks
     */
    record Result(
            double impressionsPerSecond,
            double impressionsPerCpuSecond,
            long samples,
            long logBytes,
            long sampleBytes,
            CpuProfile profile) {}

    Result run() throws IOException, InterruptedException {
        try (EmbeddedBroker broker = EmbeddedBroker.start(scratch.resolve("broker"))) {
            String bootstrap = broker.bootstrapServers();
            TopicAdmin.create(bootstrap, List.of(JoinLoad.MODEL), TopicAdmin.Layout.EMBEDDED);
            long logBytes = fill(bootstrap);
            var config = JoinJob.Config.of(
                            bootstrap, scratch.resolve("checkpoints").toUri())
                    .withScratchDir(scratch.resolve("flink"));
            try (CpuProfile.Recorder recorder = CpuProfile.record();
                    JoinJob join = JoinJob.submit(config, List.of(spec))) {
                join.awaitRunning(START);
                long startNs = System.nanoTime();
                long startCpuNs = cpuNs();
                long endNs = awaitQuiet(bootstrap);
                double cpuSeconds = (cpuNs() - startCpuNs) / 1e9;
                CpuProfile profile = recorder.stop();
                double seconds = (endNs - startNs) / 1e9;
                long[] found = count(bootstrap);
                return new Result(
                        impressions / seconds, impressions / cpuSeconds, found[0], logBytes, found[1], profile);
            } catch (TimeoutException e) {
                throw new IOException("the join did not start", e);
            }
        }
    }

    private static long cpuNs() {
        return ManagementFactory.getOperatingSystemMXBean() instanceof com.sun.management.OperatingSystemMXBean system
                ? system.getProcessCpuTime()
                : 0;
    }

    private long fill(String bootstrap) {
        long bytes = 0;
        long startMs = System.currentTimeMillis() - 1_000 * impressions / LOGGED_A_SECOND - 2 * ACTION_AFTER_MS;
        try (var producer = producer(bootstrap)) {
            long actions = 0;
            long lag = ACTION_AFTER_MS * LOGGED_A_SECOND / 1_000;
            long beatMs = 0;
            for (long number = 0; actions < impressions; number++) {
                long timeMs = startMs + number * 1_000 / LOGGED_A_SECOND;
                if (number < impressions) {
                    bytes += send(producer, load.impression(number, timeMs));
                }
                if (number >= lag) {
                    bytes += send(producer, load.action(actions++, timeMs));
                }
                if (timeMs - beatMs >= HEARTBEAT_MS) {
                    beatMs = timeMs;
                    beat(producer, timeMs);
                }
            }
            // Closes every window.
            beat(producer, System.currentTimeMillis());
        }
        return bytes;
    }

    private static KafkaProducer<byte[], byte[]> producer(String bootstrap) {
        return new KafkaProducer<>(
                Map.of(
                        "bootstrap.servers",
                        bootstrap,
                        "linger.ms",
                        5,
                        "batch.size",
                        256 << 10,
                        "buffer.memory",
                        64L << 20),
                new ByteArraySerializer(),
                new ByteArraySerializer());
    }

    private static long send(KafkaProducer<byte[], byte[]> producer, Impression impression) {
        byte[] value = Envelope.newBuilder().setImpression(impression).build().toByteArray();
        return send(producer, Topics.IMPRESSIONS, impression.getRequestId(), value);
    }

    private static long send(KafkaProducer<byte[], byte[]> producer, Action action) {
        byte[] value = Envelope.newBuilder().setAction(action).build().toByteArray();
        return send(producer, Topics.ACTIONS, action.getRequestId(), value);
    }

    private static long send(KafkaProducer<byte[], byte[]> producer, String topic, String key, byte[] value) {
        var unused = producer.send(new ProducerRecord<>(topic, key.getBytes(StandardCharsets.UTF_8), value));
        return value.length;
    }

    private static void beat(KafkaProducer<byte[], byte[]> producer, long timeMs) {
        byte[] value = Envelope.newBuilder()
                .setHeartbeat(Heartbeat.newBuilder().setTimeMs(timeMs))
                .build()
                .toByteArray();
        for (String topic : List.of(Topics.IMPRESSIONS, Topics.ACTIONS)) {
            for (int p = 0; p < TopicAdmin.Layout.EMBEDDED.partitions(); p++) {
                var unused = producer.send(new ProducerRecord<>(topic, p, null, value));
            }
        }
    }

    /** When the samples topic grew last. */
    private static long awaitQuiet(String bootstrap) throws IOException, InterruptedException {
        TopicPartition samples = new TopicPartition(Topics.samples(JoinLoad.MODEL), 0);
        try (var consumer = consumer(bootstrap)) {
            consumer.assign(List.of(samples));
            long startNs = System.nanoTime();
            long grewNs = startNs;
            long end = 0;
            while (end == 0 || System.nanoTime() - grewNs < QUIET_NS) {
                long now = consumer.endOffsets(List.of(samples)).getOrDefault(samples, 0L);
                if (now > end) {
                    end = now;
                    grewNs = System.nanoTime();
                }
                if (System.nanoTime() - startNs > PATIENCE_NS) {
                    throw new IOException("the join did not come to the log's end");
                }
                TimeUnit.MILLISECONDS.sleep(LOOK_MS);
            }
            return grewNs;
        }
    }

    private static KafkaConsumer<byte[], byte[]> consumer(String bootstrap) {
        return new KafkaConsumer<>(
                Map.of("bootstrap.servers", bootstrap, "max.partition.fetch.bytes", Topics.MAX_RECORD_BYTES),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
    }

    /** Samples and their bytes. */
    private static long[] count(String bootstrap) {
        TopicPartition samples = new TopicPartition(Topics.samples(JoinLoad.MODEL), 0);
        long[] found = new long[2];
        try (var consumer = consumer(bootstrap)) {
            consumer.assign(List.of(samples));
            consumer.seekToBeginning(List.of(samples));
            long end = consumer.endOffsets(List.of(samples)).getOrDefault(samples, 0L);
            while (consumer.position(samples) < end) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofSeconds(1))) {
                    SampleBlock block = SampleBlockCodec.decode(record.value());
                    found[0] += block.size();
                    found[1] += record.value().length;
                }
            }
        }
        return found;
    }
}
