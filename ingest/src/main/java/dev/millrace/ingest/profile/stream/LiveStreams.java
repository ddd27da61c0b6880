package dev.millrace.ingest.profile.stream;

import dev.millrace.ingest.profile.LiveStats;
import dev.millrace.ingest.profile.ProfileStore;
import dev.millrace.ingest.spec.ModelSpec;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Keeps one model's real-time features in the profile store while it runs; started again it continues. */
public final class LiveStreams implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LiveStreams.class);
    /** Of Kafka Streams' own 100 ms, that each action would wait. */
    private static final int LINGER_MS = 2;

    private static final Duration CLOSE = Duration.ofSeconds(10);

    /**
     * @param stateDir keeps local state over a restart; what is missing comes from the changelog
     * @param instance names this process among those that share the work, so that it takes up its own work at once
     * @param partitions of the event log's topics
     * @param commit how often offsets and state are committed: what a fault does again, at most; nothing is counted twice
     * @param session after so long without a sign of life another process takes over
     * @param forget event time after a row's last event; then it is deleted
     * @param maxActions remembered of one request
     * @param cacheBytes of rows that wait for the next commit
     */
    public record Config(
            String bootstrapServers,
            Path stateDir,
            String instance,
            int partitions,
            Duration commit,
            Duration session,
            Duration forget,
            int maxActions,
            long cacheBytes) {
        public static Config of(String bootstrapServers, Path stateDir, int partitions) {
            return new Config(
                    bootstrapServers,
                    stateDir,
                    "0",
                    partitions,
                    Duration.ofSeconds(1),
                    Duration.ofSeconds(10),
                    Duration.ofDays(90),
                    1_000,
                    16L << 20);
        }
    }

    private final KafkaStreams streams;
    private final LiveStats stats;

    private LiveStreams(KafkaStreams streams, LiveStats stats) {
        this.streams = streams;
        this.stats = stats;
    }

    /** Returns at once; it catches up with the log in threads of its own. The topics must exist. */
    public static LiveStreams start(ModelSpec spec, Config config, ProfileStore profiles, Clock clock) {
        LiveStats stats = new LiveStats();
        KafkaStreams streams = new KafkaStreams(
                LiveTopology.of(spec, config, profiles, stats, clock), properties(spec.model(), config));
        streams.setUncaughtExceptionHandler(e -> {
            LOG.error("real-time features: a thread failed, and another goes on", e);
            return StreamThreadExceptionResponse.REPLACE_THREAD;
        });
        streams.start();
        return new LiveStreams(streams, stats);
    }

    static Properties properties(String model, Config config) {
        Properties p = new Properties();
        p.put(StreamsConfig.APPLICATION_ID_CONFIG, "millrace-live-" + model);
        p.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, config.bootstrapServers());
        p.put(StreamsConfig.STATE_DIR_CONFIG, config.stateDir().toString());
        p.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 1);
        p.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.AT_LEAST_ONCE);
        p.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, config.commit().toMillis());
        p.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, config.cacheBytes());
        p.put(StreamsConfig.consumerPrefix(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG), "earliest");
        p.put(
                StreamsConfig.consumerPrefix(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG),
                "millrace-live-" + model + '-' + config.instance());
        p.put(StreamsConfig.consumerPrefix(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG), (int)
                config.session().toMillis());
        p.put(StreamsConfig.producerPrefix(ProducerConfig.LINGER_MS_CONFIG), LINGER_MS);
        return p;
    }

    public LiveStats stats() {
        return stats;
    }

    /** Whether it has its work and follows the log. */
    public boolean running() {
        return streams.state() == KafkaStreams.State.RUNNING;
    }

    @Override
    public void close() {
        streams.close(CLOSE);
    }
}
