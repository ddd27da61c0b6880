package dev.millrace.api.monitor.window;

import dev.millrace.ingest.topic.Topics;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.AutoOffsetReset;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the windows of all models while it runs, in one thread; started again it continues. Sums and offsets are committed
 * together (exactly_once_v2): killed anywhere, each record counts once. Instances share the partitions, and each follows what
 * the others have committed of theirs.
 */
public final class WindowStreams implements WindowFeed {
    private static final Logger LOG = LoggerFactory.getLogger(WindowStreams.class);
    private static final Duration CLOSE = Duration.ofSeconds(10);
    private static final int FETCH_BYTES = 1 << 20;
    private static final int GATHER_BYTES = 256 << 10;
    private static final int GATHER_MS = 200;
    private static final int BUFFERED = 100;

    /**
     * @param stateDir of Kafka Streams; the sums live in memory and in a changelog
     * @param instance names this process among those that share the work, so that it takes up its own work at once
     * @param partitions the most that one of the topics has; another number begins anew
     * @param commit how often sums and offsets are committed: what a fault does again, at most
     * @param session after so long without a sign of life another process takes over
     * @param back how far back the first start of all begins to read
     */
    public record Config(
            String bootstrapServers,
            Path stateDir,
            String instance,
            int partitions,
            Duration commit,
            Duration session,
            Duration back) {
        public static Config of(String bootstrapServers, Path stateDir, int partitions) {
            return new Config(
                    bootstrapServers,
                    stateDir,
                    "0",
                    partitions,
                    Duration.ofSeconds(5),
                    Duration.ofSeconds(10),
                    Duration.ofDays(1));
        }

        /** In one of several processes. */
        public Config withInstance(String name) {
            return new Config(bootstrapServers, stateDir, name, partitions, commit, session, back);
        }
    }

    private final KafkaStreams streams;
    private final PeerFollower peers;

    private WindowStreams(KafkaStreams streams, PeerFollower peers) {
        this.streams = streams;
        this.peers = peers;
    }

    /** Returns at once; it catches up with the log in a thread of its own. The topics must exist. */
    public static WindowStreams start(Config config, WindowModels models, WindowConfig of, Windows windows) {
        KafkaStreams streams = new KafkaStreams(topology(config, models, of, windows), properties(config));
        streams.setUncaughtExceptionHandler(e -> {
            LOG.error("windows: the thread failed, and another goes on", e);
            return StreamThreadExceptionResponse.REPLACE_THREAD;
        });
        streams.start();
        PeerFollower peers = PeerFollower.start(
                config.bootstrapServers(),
                name(config) + '-' + WindowState.NAME + "-changelog",
                config.partitions(),
                () -> streams.state() == KafkaStreams.State.RUNNING,
                windows);
        return new WindowStreams(streams, peers);
    }

    static Topology topology(Config config, WindowModels models, WindowConfig of, Windows windows) {
        List<String> topics = new ArrayList<>(List.of(Topics.IMPRESSIONS, Topics.DEAD_LETTERS));
        models.specs().forEach(spec -> topics.add(Topics.samples(spec.model())));
        Topology topology = new Topology();
        topology.addSource(
                AutoOffsetReset.byDuration(config.back()),
                "log",
                (record, partitionTimeMs) -> Math.max(0, record.timestamp()),
                Serdes.ByteArray().deserializer(),
                Serdes.ByteArray().deserializer(),
                topics.toArray(String[]::new));
        topology.addProcessor("sums", () -> new WindowProcessor(models, of, windows), "log");
        topology.addStateStore(WindowState.builder(), "sums");
        return topology;
    }

    private static String name(Config config) {
        return "millrace-windows-" + config.partitions();
    }

    static Properties properties(Config config) {
        String name = name(config);
        Properties p = new Properties();
        p.put(StreamsConfig.APPLICATION_ID_CONFIG, name);
        p.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, config.bootstrapServers());
        p.put(StreamsConfig.STATE_DIR_CONFIG, config.stateDir().toString());
        p.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 1);
        p.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        p.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, config.commit().toMillis());
        // What a killed process left open is aborted so soon; before, nobody reads what it had written.
        p.put(StreamsConfig.producerPrefix(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG), (int)
                config.commit().multipliedBy(2).toMillis());
        p.put(StreamsConfig.producerPrefix(ProducerConfig.MAX_REQUEST_SIZE_CONFIG), Topics.MAX_RECORD_BYTES);
        p.put(StreamsConfig.BUFFERED_RECORDS_PER_PARTITION_CONFIG, BUFFERED);
        p.put(StreamsConfig.consumerPrefix(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG), FETCH_BYTES);
        // Sums of seconds need no record at once: the broker has one request for what comes meanwhile.
        p.put(StreamsConfig.mainConsumerPrefix(ConsumerConfig.FETCH_MIN_BYTES_CONFIG), GATHER_BYTES);
        p.put(StreamsConfig.mainConsumerPrefix(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG), GATHER_MS);
        p.put(StreamsConfig.consumerPrefix(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG), name + '-' + config.instance());
        p.put(StreamsConfig.consumerPrefix(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG), (int)
                config.session().toMillis());
        return p;
    }

    /** Whether it has its work and follows the log. */
    public boolean running() {
        return streams.state() == KafkaStreams.State.RUNNING;
    }

    @Override
    public void close() {
        peers.close();
        streams.close(CLOSE);
    }
}
