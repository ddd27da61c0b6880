package dev.millrace.deploy.chaos;

import dev.millrace.ingest.feature.FeatureVector;
import dev.millrace.ingest.feature.Vectorizer;
import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.sample.SampleBlockBuilder;
import dev.millrace.ingest.sample.SampleBlockCodec;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.topic.Topics;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes seeded samples to a model's topic, a block now and then a second time, as the join does after a fault; waits
 * while Kafka is away. A thread of its own.
 */
final class ChaosSamples implements AutoCloseable {
    static final String SPEC = """
            model: chaos
            objective: logistic
            labels: {click: 1}
            rewardWindow: 1s
            slots:
              user: {type: category, from: user.id}
              item: {type: category, from: item.id}
              price: {type: number, from: item.price, standardize: true}
            crosses: [[user, item]]
            """;

    /** Behind {@link #SPEC}: a batch is its minibatch. */
    static final String NETWORK = """
            network: {type: deepfm, slots: [user, item], dim: 4, hidden: [8], batch: 32, dense: {type: adam, rate: 0.001}}
            """;

    private static final Logger LOG = LoggerFactory.getLogger(ChaosSamples.class);
    private static final Duration PAUSE = Duration.ofMillis(4);
    private static final Duration DELIVERY = Duration.ofMinutes(3);
    private static final int USERS = 3_000;
    private static final int ITEMS = 500;
    private static final int MOST_A_BLOCK = 24;
    private static final int REMEMBERED = 20;

    private final ModelSpec spec;
    private final int partitions;
    private final Random random;
    private final KafkaProducer<byte[], byte[]> producer;
    private final List<Deque<byte[]>> latest = new ArrayList<>();
    private final CountDownLatch closing = new CountDownLatch(1);
    private volatile boolean flowing;
    private volatile boolean quiet = true;
    private long number;

    private ChaosSamples(String bootstrapServers, ModelSpec spec, int partitions, long seed) {
        this.spec = spec;
        this.partitions = partitions;
        this.random = new Random(seed);
        for (int p = 0; p < partitions; p++) {
            latest.add(new ArrayDeque<>());
        }
        producer = new KafkaProducer<>(
                Map.of(
                        ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
                        bootstrapServers,
                        ProducerConfig.ACKS_CONFIG,
                        "all",
                        ProducerConfig.MAX_BLOCK_MS_CONFIG,
                        DELIVERY.toMillis(),
                        ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG,
                        (int) DELIVERY.toMillis()),
                new ByteArraySerializer(),
                new ByteArraySerializer());
    }

    static ChaosSamples start(String bootstrapServers, ModelSpec spec, int partitions, long seed) {
        var samples = new ChaosSamples(bootstrapServers, spec, partitions, seed);
        Thread.ofPlatform().name("chaos-samples").daemon().start(samples::run);
        return samples;
    }

    void flow() {
        flowing = true;
    }

    /** Returns when everything that was written is on the log. */
    void rest() throws InterruptedException {
        flowing = false;
        while (!quiet) {
            TimeUnit.MILLISECONDS.sleep(10);
        }
        producer.flush();
    }

    private void run() {
        try {
            while (!closing.await(PAUSE.toMillis(), TimeUnit.MILLISECONDS)) {
                quiet = !flowing;
                if (flowing) {
                    write();
                }
            }
        } catch (InterruptedException e) {
            LOG.debug("no more samples");
        }
    }

    private void write() {
        int partition = random.nextInt(partitions);
        Deque<byte[]> before = latest.get(partition);
        byte[] block;
        if (!before.isEmpty() && random.nextInt(20) == 0) {
            block = new ArrayList<>(before).get(random.nextInt(before.size()));
        } else {
            block = SampleBlockCodec.encode(block());
            before.add(block);
            if (before.size() > REMEMBERED) {
                before.remove();
            }
        }
        Future<RecordMetadata> sent = producer.send(
                new ProducerRecord<>(Topics.samples(spec.model()), partition, null, block), (at, failure) -> {
                    if (failure != null) {
                        LOG.error("a block was not written: the oracle knows nothing of it either", failure);
                    }
                });
        if (sent.isCancelled()) {
            LOG.debug("nobody cancels");
        }
    }

    private SampleBlock block() {
        SampleBlockBuilder builder = new SampleBlockBuilder();
        long nowMs = 1_700_000_000_000L + 10 * number;
        for (int n = 1 + random.nextInt(MOST_A_BLOCK); n > 0; n--) {
            long id = FeatureIds.hash(number++, 7);
            // Squared: a few are hot.
            double skew = random.nextDouble();
            long user = hash("user", (long) (USERS * skew * skew));
            long item = hash("item", random.nextInt(ITEMS));
            FeatureVector vector = new FeatureVector();
            vector.add(FeatureIds.BIAS, 1f);
            vector.add(user, 1f);
            vector.add(item, 1f);
            vector.add(FeatureIds.pack(FeatureIds.slot("user*item"), FeatureIds.cross(user, item)), 1f);
            vector.add(FeatureIds.pack(FeatureIds.slot("price"), Vectorizer.NUMBER_VALUE), (float)
                    (20 + 5 * random.nextGaussian()));
            float label = random.nextInt(4) == 0 ? 1f : 0f;
            builder.add(new SampleBlockBuilder.Meta(id, id, 0, label, 1f, 1f, 0.5f, 0, nowMs), vector);
        }
        return builder.build(new SampleBlock.Header(spec.model(), spec.fingerprint(), nowMs, nowMs - 1_000));
    }

    private static long hash(String slot, long value) {
        return FeatureIds.pack(FeatureIds.slot(slot), FeatureIds.hash(value, 3));
    }

    @Override
    public void close() {
        closing.countDown();
        producer.close(Duration.ZERO);
    }
}
