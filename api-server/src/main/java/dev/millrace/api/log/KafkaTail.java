package dev.millrace.api.log;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.millrace.ingest.feature.EncodedEnvelope;
import dev.millrace.ingest.proto.DeadLetter;
import dev.millrace.ingest.proto.Envelope;
import dev.millrace.ingest.sample.SampleBlockCodec;
import dev.millrace.ingest.topic.Topics;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One thread that reads actions, samples and dead letters for all of this process. It belongs to no consumer group and
 * commits nothing: after a restart it begins anew, some way before the end.
 */
public final class KafkaTail implements Tail, Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(KafkaTail.class);
    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration RETRY = Duration.ofSeconds(1);
    private static final Duration CLOSE = Duration.ofSeconds(5);
    private static final int FAILURES = 3;
    private static final int MAX_POLL_RECORDS = 2_000;
    private static final int FETCH_BYTES = 256 << 10;
    /** A caller may be waiting to hear what became of an event. */
    private static final Duration TRACE_GATHER = Duration.ofMillis(10);

    private static final Duration EVENTS_GATHER = Duration.ofMillis(200);

    /**
     * @param name of the thread and the client
     * @param topics beside the samples
     * @param models whose samples are read
     * @param maxRecords read of each partition before its end
     * @param maxAge of what is read before the end
     * @param gather how long the broker may gather records for one answer: under load it has one request for many
     */
    public record Config(
            String bootstrapServers,
            String name,
            List<String> topics,
            List<String> models,
            long maxRecords,
            Duration maxAge,
            Duration gather) {
        public Config {
            topics = List.copyOf(topics);
            models = List.copyOf(models);
        }

        /** What becomes of actions. */
        public Config(String bootstrapServers, List<String> models, long maxRecords, Duration maxAge) {
            this(
                    bootstrapServers,
                    "api-tail",
                    List.of(Topics.ACTIONS, Topics.DEAD_LETTERS),
                    models,
                    maxRecords,
                    maxAge,
                    TRACE_GATHER);
        }

        /** What was shown to whom, and what they did. */
        public static Config events(String bootstrapServers, long maxRecords, Duration maxAge) {
            List<String> topics = List.of(Topics.IMPRESSIONS, Topics.ACTIONS);
            return new Config(bootstrapServers, "api-candidates", topics, List.of(), maxRecords, maxAge, EVENTS_GATHER);
        }
    }

    private final Config config;
    private final LogListener listener;
    private final Clock clock;
    private final Map<String, String> modelOfTopic = new HashMap<>();
    private final TailPositions positions = new TailPositions();
    private final LongAdder skipped = new LongAdder();
    private final CountDownLatch stop = new CountDownLatch(1);
    private final Thread thread;
    private volatile boolean caughtUp;
    private volatile long lastRecordMs;

    private KafkaTail(Config config, LogListener listener, Clock clock) {
        this.config = config;
        this.listener = listener;
        this.clock = clock;
        for (String model : config.models()) {
            modelOfTopic.put(Topics.samples(model), model);
        }
        thread = new Thread(this, config.name());
        thread.setDaemon(true);
    }

    public static KafkaTail start(Config config, LogListener listener, Clock clock) {
        KafkaTail tail = new KafkaTail(config, listener, clock);
        tail.thread.start();
        return tail;
    }

    @Override
    public boolean caughtUp() {
        return caughtUp;
    }

    @Override
    public long lastRecordMs() {
        return lastRecordMs;
    }

    @Override
    public long skipped() {
        return skipped.sum();
    }

    /** The thread's whole life: one consumer after another, until closed. Each goes on where the one before ended. */
    @Override
    public void run() {
        List<TopicPartition> suspects = List.of();
        boolean stopped = false;
        while (!stopped) {
            try (KafkaConsumer<byte[], byte[]> consumer = consumer()) {
                suspects.forEach(partition -> skipped.add(BadRecords.pass(consumer, partition, positions)));
                if (assign(consumer)) {
                    read(consumer);
                }
            } catch (InterruptException e) {
                Thread.currentThread().interrupt();
                return;
            } catch (KafkaException e) {
                LOG.warn("the log cannot be read, trying again: {}, {}", e.toString(), String.valueOf(e.getCause()));
                suspects = BadRecords.isBad(e) ? positions.failed(FAILURES) : List.of();
            }
            stopped = stopRequested(RETRY);
        }
    }

    private boolean stopRequested(Duration wait) {
        try {
            return stop.await(wait.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return true;
        }
    }

    private KafkaConsumer<byte[], byte[]> consumer() {
        Map<String, Object> properties = Map.of(
                ConsumerConfig.CLIENT_ID_CONFIG,
                config.name(),
                ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
                config.bootstrapServers(),
                ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG,
                false,
                ConsumerConfig.AUTO_OFFSET_RESET_CONFIG,
                "earliest",
                // Samples of an aborted transaction are learned by nobody.
                ConsumerConfig.ISOLATION_LEVEL_CONFIG,
                "read_committed",
                ConsumerConfig.FETCH_MIN_BYTES_CONFIG,
                FETCH_BYTES,
                ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG,
                (int) config.gather().toMillis(),
                ConsumerConfig.MAX_POLL_RECORDS_CONFIG,
                MAX_POLL_RECORDS);
        return new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    /** Goes to where reading starts; false while a topic is missing. */
    private boolean assign(KafkaConsumer<byte[], byte[]> consumer) {
        List<String> topics = new ArrayList<>(config.topics());
        topics.addAll(modelOfTopic.keySet());
        List<TopicPartition> partitions = new ArrayList<>();
        for (String topic : topics) {
            List<PartitionInfo> found = consumer.partitionsFor(topic);
            if (found.isEmpty()) {
                LOG.info("waiting for topic {}", topic);
                return false;
            }
            found.forEach(p -> partitions.add(new TopicPartition(topic, p.partition())));
        }
        consumer.assign(partitions);
        seek(consumer, partitions);
        return true;
    }

    private void seek(KafkaConsumer<byte[], byte[]> consumer, List<TopicPartition> partitions) {
        Map<TopicPartition, Long> begins = consumer.beginningOffsets(partitions);
        Map<TopicPartition, Long> current = consumer.endOffsets(partitions);
        // What is live stays so, though the consumer is a new one after a failure.
        current.forEach(positions::end);
        Map<TopicPartition, Long> times = new HashMap<>();
        long oldest = clock.millis() - config.maxAge().toMillis();
        partitions.forEach(p -> times.put(p, oldest));
        var byTime = consumer.offsetsForTimes(times);
        for (TopicPartition partition : partitions) {
            long end = current.getOrDefault(partition, 0L);
            var young = byTime.get(partition);
            long start = Math.max(end - config.maxRecords(), young == null ? end : young.offset());
            long begin = begins.getOrDefault(partition, 0L);
            positions.goOn(partition, Math.max(begin, positions.next(partition).orElse(start)));
            consumer.seek(partition, positions.next(partition).orElseThrow());
        }
    }

    private void read(KafkaConsumer<byte[], byte[]> consumer) {
        while (stop.getCount() > 0) {
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                lastRecordMs = clock.millis();
                tell(record);
                positions.goOn(new TopicPartition(record.topic(), record.partition()), record.offset() + 1);
            }
            if (!caughtUp && readToEnd(consumer)) {
                caughtUp = true;
            }
        }
    }

    private boolean readToEnd(KafkaConsumer<byte[], byte[]> consumer) {
        return consumer.assignment().stream().allMatch(p -> positions.live(p, consumer.position(p)));
    }

    private void tell(ConsumerRecord<byte[], byte[]> record) {
        try {
            dispatch(record);
        } catch (InvalidProtocolBufferException | RuntimeException e) {
            // One bad record must not end the reading of all others.
            skipped.increment();
            LOG.warn("{}-{} offset {} is skipped", record.topic(), record.partition(), record.offset(), e);
        }
    }

    private void dispatch(ConsumerRecord<byte[], byte[]> record) throws InvalidProtocolBufferException {
        boolean live = positions.live(new TopicPartition(record.topic(), record.partition()), record.offset());
        String model = modelOfTopic.get(record.topic());
        if (model != null) {
            var place = new LogListener.Place(model, record.partition(), record.offset(), live);
            listener.samples(place, SampleBlockCodec.decode(record.value()));
        } else if (record.topic().equals(Topics.IMPRESSIONS)) {
            EncodedEnvelope.impression(record.value()).ifPresent(listener::impression);
        } else if (record.topic().equals(Topics.DEAD_LETTERS)) {
            listener.deadLetter(DeadLetter.parseFrom(record.value()), live);
        } else {
            Envelope envelope = Envelope.parseFrom(record.value());
            if (envelope.hasAction()) {
                listener.action(envelope.getAction());
            }
        }
    }

    @Override
    public void close() {
        stop.countDown();
        try {
            thread.join(CLOSE);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
