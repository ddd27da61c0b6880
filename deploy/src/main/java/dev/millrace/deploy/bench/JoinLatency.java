package dev.millrace.deploy.bench;

import dev.millrace.deploy.embedded.EmbeddedBroker;
import dev.millrace.ingest.id.SampleIds;
import dev.millrace.ingest.publish.EventPublisher;
import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.sample.SampleBlockCodec;
import dev.millrace.ingest.topic.TopicAdmin;
import dev.millrace.ingest.topic.Topics;
import dev.millrace.join.flink.JoinJob;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * How long an action takes to its sample on the topic at a steady pace: an open loop of impressions and actions, the
 * broker, the join and a reader of the samples share this process. Time runs from when the action was due to be
 * sent, so that a late one counts as late.
 */
final class JoinLatency {
    private static final long IMPRESSIONS_A_SECOND = 2_000;
    private static final long ACTION_AFTER = IMPRESSIONS_A_SECOND;
    private static final Duration START = Duration.ofMinutes(1);
    private static final long PATIENCE_NS = TimeUnit.SECONDS.toNanos(20);

    private final Path scratch;
    private final String spec;
    private final int warmUpSeconds;
    private final int seconds;
    private final JoinLoad load = new JoinLoad();
    private final Map<Long, Long> dueNs = new ConcurrentHashMap<>();
    private final Map<Long, Double> delayMs = new ConcurrentHashMap<>();

    JoinLatency(Path scratch, String spec, int warmUpSeconds, int seconds) {
        this.scratch = scratch;
        this.spec = spec;
        this.warmUpSeconds = warmUpSeconds;
        this.seconds = seconds;
    }

    /** Milliseconds; and how many actions never came. */
    record Result(double p50, double p99, double longest, long lost) {}

    Result run() throws IOException, InterruptedException {
        try (EmbeddedBroker broker = EmbeddedBroker.start(scratch.resolve("broker"))) {
            String bootstrap = broker.bootstrapServers();
            TopicAdmin.create(bootstrap, List.of(JoinLoad.MODEL), TopicAdmin.Layout.EMBEDDED);
            var config = JoinJob.Config.of(
                            bootstrap, scratch.resolve("checkpoints").toUri())
                    .withScratchDir(scratch.resolve("flink"));
            AtomicBoolean done = new AtomicBoolean();
            Thread reader = Thread.ofPlatform().daemon().name("samples").start(() -> read(bootstrap, done));
            try (JoinJob join = JoinJob.submit(config, List.of(spec));
                    EventPublisher publisher =
                            new EventPublisher(EventPublisher.Config.of(bootstrap), Clock.systemUTC())) {
                join.awaitRunning(START);
                publish(publisher);
                long patience = System.nanoTime() + PATIENCE_NS;
                while (!dueNs.isEmpty() && System.nanoTime() < patience) {
                    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
                }
            } catch (TimeoutException e) {
                throw new IOException("the join did not start", e);
            }
            done.set(true);
            reader.join();
        }
        return result();
    }

    private void publish(EventPublisher publisher) {
        long everyNs = TimeUnit.SECONDS.toNanos(1) / IMPRESSIONS_A_SECOND;
        long measuredFrom = warmUpSeconds * IMPRESSIONS_A_SECOND;
        long end = measuredFrom + seconds * IMPRESSIONS_A_SECOND;
        long startNs = System.nanoTime();
        for (long number = 0; number < end + ACTION_AFTER; number++) {
            long due = startNs + number * everyNs;
            while (System.nanoTime() < due) {
                LockSupport.parkNanos(due - System.nanoTime());
            }
            long nowMs = System.currentTimeMillis();
            if (number < end) {
                var unused = publisher.impression(load.impression(number, nowMs));
            }
            long acted = number - ACTION_AFTER;
            if (acted >= 0) {
                if (acted >= measuredFrom) {
                    dueNs.put(SampleIds.ofAction(JoinLoad.actionId(acted)), due);
                }
                var unused = publisher.action(load.action(acted, nowMs));
            }
        }
    }

    private void read(String bootstrap, AtomicBoolean done) {
        TopicPartition samples = new TopicPartition(Topics.samples(JoinLoad.MODEL), 0);
        try (var consumer = new KafkaConsumer<>(
                Map.<String, Object>of("bootstrap.servers", bootstrap),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer())) {
            consumer.assign(List.of(samples));
            consumer.seekToBeginning(List.of(samples));
            while (!done.get()) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(200))) {
                    arrived(SampleBlockCodec.decode(record.value()), System.nanoTime());
                }
            }
        }
    }

    private void arrived(SampleBlock block, long nowNs) {
        for (int i = 0; i < block.size(); i++) {
            Long due = dueNs.remove(block.actionHash(i));
            if (due != null) {
                delayMs.put(block.actionHash(i), (nowNs - due) / 1e6);
            }
        }
    }

    private Result result() {
        double[] sorted = delayMs.values().stream()
                .mapToDouble(Double::doubleValue)
                .sorted()
                .toArray();
        if (sorted.length == 0) {
            throw new IllegalStateException("no action became a sample");
        }
        return new Result(
                sorted[sorted.length / 2],
                sorted[(int) (sorted.length * 0.99)],
                Arrays.stream(sorted).max().orElseThrow(),
                dueNs.size());
    }
}
