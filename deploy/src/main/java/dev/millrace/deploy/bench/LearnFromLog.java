package dev.millrace.deploy.bench;

import dev.millrace.deploy.embedded.EmbeddedBroker;
import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.sample.SampleBlockCodec;
import dev.millrace.ingest.source.BulkSource;
import dev.millrace.ingest.source.DataFiles;
import dev.millrace.ingest.source.FolderFiles;
import dev.millrace.ingest.source.SourceConfig;
import dev.millrace.ingest.source.Split;
import dev.millrace.ingest.source.SplitReader;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.SpecReader;
import dev.millrace.ingest.topic.TopicAdmin;
import dev.millrace.ingest.topic.Topics;
import dev.millrace.learner.source.SampleLog;
import dev.millrace.learner.training.TrainingShard;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * From records of a real broker's samples topic to updated weights: the online learner's own loop (fetch, decode, drop
 * what came before, FTRL, note what changed). Samples a second of the learning thread's processor time, so that the broker
 * beside it does not count; closing batches into deltas, which follows, is measured apart.
 */
final class LearnFromLog {
    private static final int POLL_RECORDS = 256;
    private static final int RECENT_IDS = 1 << 20;
    /** As the learner's. */
    private static final int MAX_DELTA_ROWS = 100_000;

    private static final int PASSES = 8;
    private static final int SPLIT_BYTES = 128 << 10;

    private final Path scratch;
    private final Path text;

    /** @param text rows in Vowpal Wabbit's form */
    LearnFromLog(Path scratch, Path text) {
        this.scratch = scratch;
        this.text = text;
    }

    private static ModelSpec spec() {
        StringBuilder yaml =
                new StringBuilder("model: criteo\nobjective: logistic\nlabels: {click: 1}\nrewardWindow: 5s\nslots:\n");
        for (int i = 1; i <= 13; i++) {
            yaml.append("  i")
                    .append(i)
                    .append(": {type: number, from: item.i")
                    .append(i)
                    .append("}\n");
        }
        for (int i = 1; i <= 26; i++) {
            yaml.append("  c")
                    .append(i)
                    .append(": {type: category, from: item.c")
                    .append(i)
                    .append("}\n");
        }
        return SpecReader.parse("criteo", yaml + "optimizer: {type: ftrl, alpha: 0.05}\npolicies: {audit: false}\n");
    }

    /**
     * Samples a second of processor time, of the best pass.
     *
     * @param toWeights until the weights are updated
     * @param toDeltas until the deltas are made, too
     */
    record Rates(double toWeights, double toDeltas) {}

    Rates run() throws IOException, InterruptedException {
        ModelSpec spec = spec();
        try (EmbeddedBroker broker = EmbeddedBroker.start(scratch)) {
            TopicAdmin.create(broker.bootstrapServers(), List.of(spec.model()), TopicAdmin.Layout.EMBEDDED);
            send(broker.bootstrapServers(), spec);
            Rates best = new Rates(0, 0);
            for (int pass = 0; pass < PASSES; pass++) {
                Rates rates = learn(broker.bootstrapServers(), spec);
                best = rates.toWeights > best.toWeights ? rates : best;
            }
            return best;
        }
    }

    private void send(String bootstrap, ModelSpec spec) throws IOException {
        // As the join sends them.
        Map<String, Object> config = Map.of("bootstrap.servers", bootstrap, "compression.type", "lz4");
        try (KafkaProducer<byte[], byte[]> producer =
                        new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer());
                DataFiles files = new FolderFiles(text)) {
            var defaults = SourceConfig.defaults(0);
            var source = BulkSource.open(
                    files,
                    new SourceConfig(null, defaults.label(), null, null, null, List.of(), '|', 0, SPLIT_BYTES, 0),
                    spec);
            SplitReader reader = source.reader();
            for (Split split : source.splits()) {
                reader.open(split);
                for (SampleBlock block = reader.next(); block != null; block = reader.next()) {
                    var unused = producer.send(new ProducerRecord<>(
                            Topics.samples(spec.model()), 0, null, SampleBlockCodec.encode(block)));
                }
            }
            producer.flush();
        }
    }

    private static Rates learn(String bootstrap, ModelSpec spec) {
        TrainingShard shard = TrainingShard.empty(spec, RECENT_IDS);
        try (SampleLog log = new SampleLog(bootstrap, spec.model(), POLL_RECORDS)) {
            long end = log.extents().get(0).end();
            log.seek(partition -> 0L);
            var threads = ManagementFactory.getThreadMXBean();
            long startNs = threads.getCurrentThreadCpuTime();
            long closingNs = 0;
            while (shard.nextOffset(0) < end) {
                for (ConsumerRecord<byte[], byte[]> record : log.poll(Duration.ofMillis(100))) {
                    SampleBlock block = SampleLog.decode(record);
                    if (block != null) {
                        shard.learn(record.partition(), record.offset(), block);
                    }
                    if (shard.touchedRows() >= MAX_DELTA_ROWS) {
                        long closeNs = threads.getCurrentThreadCpuTime();
                        shard.closeBatch(0);
                        closingNs += threads.getCurrentThreadCpuTime() - closeNs;
                    }
                }
            }
            long allNs = threads.getCurrentThreadCpuTime() - startNs;
            Rates rates = new Rates(shard.samples() / ((allNs - closingNs) / 1e9), shard.samples() / (allNs / 1e9));
            System.err.printf(
                    "from the log: %.0f samples/s of processor time to weights, %.0f to deltas, %d rows%n",
                    rates.toWeights, rates.toDeltas, shard.rows());
            return rates;
        }
    }
}
