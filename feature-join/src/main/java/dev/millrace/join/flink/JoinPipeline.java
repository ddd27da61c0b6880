package dev.millrace.join.flink;

import dev.millrace.ingest.topic.Topics;
import dev.millrace.join.vector.Sample;
import java.time.Duration;
import java.util.Properties;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/**
 * The job's graph, the same in process and on a cluster:
 *
 * <pre>
 *  source ▸ sort ──by request id──▶ match ▸ blocks ▸ samples
 *             └─────dead letters──────┴──────────────▶ dead letters          (▸ chained into one task)
 * </pre>
 */
final class JoinPipeline {
    static final String NAME = "millrace-join";
    /** As TopicAdmin lays the topics out. */
    private static final Duration IDLE_BLOCK = Duration.ofSeconds(1);

    /** How far a partition is read ahead of the others, in event time: what comes early waits in the state. */
    private static final Duration MAX_SKEW = Duration.ofSeconds(10);

    private static final int POLL_RECORDS = 2_000;
    private static final int FETCH_BYTES = 4 << 20;
    private static final int GATHER_BYTES = 64 << 10;
    private static final int GATHER_MS = 5;
    private static final int BATCH_BYTES = 16 << 10;

    private JoinPipeline() {}

    /** @param sourceParallelism at most the partitions of a topic: a reader without one would hold back event time */
    static void build(StreamExecutionEnvironment env, JoinJob.Config config, SpecTexts specs, int sourceParallelism) {
        SingleOutputStreamOperator<LogEvent> sorted = env.fromSource(
                        source(config), LogTime.strategy(config.maxDisorder(), MAX_SKEW), "log", Wires.LOG_EVENT)
                .uid("log")
                .setParallelism(sourceParallelism)
                .process(new SortFunction(specs), Wires.LOG_EVENT)
                .name("sort")
                .uid("sort")
                .setParallelism(sourceParallelism);
        SingleOutputStreamOperator<Sample> matched = sorted.keyBy(LogEvent::requestId, Types.STRING)
                .process(new MatchFunction(specs, config.maxActions()), Wires.SAMPLE)
                .name("match")
                .uid("match");
        var bounds =
                new BlockOperator.Bounds(config.blockLinger(), IDLE_BLOCK, config.blockSamples(), config.blockBytes());
        matched.transform("blocks", Wires.TOPIC_RECORD, new BlockOperator(specs, bounds))
                .uid("blocks")
                .sinkTo(sink(config))
                .name("samples")
                .uid("samples");
        sorted.getSideOutput(DeadLetters.TAG)
                .union(matched.getSideOutput(DeadLetters.TAG))
                .sinkTo(sink(config))
                .name("dead-letters")
                .uid("dead-letters")
                .setParallelism(1);
    }

    private static KafkaSource<LogEvent> source(JoinJob.Config config) {
        Properties consumer = new Properties();
        // Under load one fetch for what comes in this time.
        consumer.setProperty("fetch.min.bytes", Integer.toString(GATHER_BYTES));
        consumer.setProperty("fetch.max.wait.ms", Integer.toString(GATHER_MS));
        // A long log is read in large pieces.
        consumer.setProperty("max.poll.records", Integer.toString(POLL_RECORDS));
        consumer.setProperty("max.partition.fetch.bytes", Integer.toString(FETCH_BYTES));
        // Two topics with as many partitions as there are is all there is: a restart finds new ones.
        consumer.setProperty("partition.discovery.interval.ms", "-1");
        consumer.setProperty("register.consumer.metrics", "false");
        // The offsets that count are the checkpoint's.
        consumer.setProperty("commit.offsets.on.checkpoint", "false");
        return KafkaSource.<LogEvent>builder()
                .setBootstrapServers(config.bootstrapServers())
                .setTopics(Topics.IMPRESSIONS, Topics.ACTIONS)
                .setGroupId(NAME)
                .setClientIdPrefix(NAME)
                .setStartingOffsets(OffsetsInitializer.earliest())
                .setDeserializer(new LogEventReader())
                .setProperties(consumer)
                .build();
    }

    /** At least once: a sample's id is the same when it comes again, and the learner knows what it has seen. */
    private static KafkaSink<TopicRecord> sink(JoinJob.Config config) {
        Properties producer = new Properties();
        producer.setProperty("acks", "all");
        producer.setProperty("enable.idempotence", "true");
        producer.setProperty("linger.ms", "0");
        // Of each block by itself: nothing waits for a batch. The broker and three readers open it again, at once.
        producer.setProperty("compression.type", "lz4");
        producer.setProperty("batch.size", Integer.toString(Math.max(config.blockBytes(), BATCH_BYTES)));
        producer.setProperty("max.request.size", Integer.toString(Topics.MAX_RECORD_BYTES));
        producer.setProperty("buffer.memory", Integer.toString(2 * Topics.MAX_RECORD_BYTES));
        producer.setProperty("register.producer.metrics", "false");
        return KafkaSink.<TopicRecord>builder()
                .setBootstrapServers(config.bootstrapServers())
                .setDeliveryGuarantee(DeliveryGuarantee.AT_LEAST_ONCE)
                .setRecordSerializer(new TopicRecordWriter())
                .setKafkaProducerConfig(producer)
                .build();
    }
}
