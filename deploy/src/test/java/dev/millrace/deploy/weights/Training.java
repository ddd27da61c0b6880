package dev.millrace.deploy.weights;

import dev.millrace.ingest.feature.FeatureValue;
import dev.millrace.ingest.feature.FeatureVector;
import dev.millrace.ingest.feature.RawFeatures;
import dev.millrace.ingest.feature.Vectorizer;
import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.SpecReader;
import dev.millrace.ingest.spec.WeightFormat;
import dev.millrace.ingest.topic.TopicAdmin;
import dev.millrace.ingest.topic.Topics;
import dev.millrace.ps.delta.Delta;
import dev.millrace.ps.delta.DeltaCodec;
import dev.millrace.ps.model.FtrlRows;
import dev.millrace.ps.model.LinearModel;
import dev.millrace.ps.model.ServingKeys;
import dev.millrace.ps.snapshot.Extras;
import dev.millrace.ps.snapshot.ShardFolders;
import dev.millrace.ps.snapshot.Snapshot;
import dev.millrace.ps.snapshot.SnapshotFolder;
import dev.millrace.ps.snapshot.SnapshotTables;
import dev.millrace.ps.table.KeyHash;
import dev.millrace.ps.table.OffHeapTable;
import dev.millrace.ps.table.ParameterTable;
import dev.millrace.ps.table.RowLayout;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * What a learner would put on the log, made up from a seed: deltas of two shards on a model's topic, snapshots in its
 * folder, and beside them, in maps, what every key weighs.
 */
final class Training implements AutoCloseable {
    static final int SHARDS = 2;

    private static final List<String> USERS = names("user");
    private static final List<String> ITEMS = names("item");

    final ModelSpec spec;
    final Path snapshots;
    private final String bootstrapServers;
    private final Random random;
    private final Vectorizer vectorizer;
    private final ServingKeys keys;
    private final KafkaProducer<byte[], byte[]> producer;
    /** What each serving key weighs after the last delta. */
    final Map<Long, Float> weights = new TreeMap<>();

    private final long[] sequences = new long[SHARDS];
    private long epoch = 1;
    private final long[] offsets = new long[SHARDS];

    private static List<String> names(String kind) {
        return new Random(kind.length())
                .ints(40, 0, 1_000)
                .distinct()
                .mapToObj(i -> kind + i)
                .toList();
    }

    static ModelSpec spec(String model, String userSlot) {
        return SpecReader.parse("test", """
                model: %s
                objective: logistic
                labels: {click: 1}
                rewardWindow: 1s
                slots:
                  %s: {type: category, from: user.id}
                  item: {type: category, from: item.id}
                  price: {type: number, from: item.price, transform: log1p, standardize: true}
                crosses: [[%s, item]]
                """.formatted(model, userSlot, userSlot));
    }

    Training(String bootstrapServers, String model, Path snapshots, long seed) throws InterruptedException {
        this.bootstrapServers = bootstrapServers;
        this.snapshots = snapshots;
        spec = spec(model, "user");
        random = new Random(seed);
        vectorizer = new Vectorizer(spec);
        keys = new ServingKeys(spec);
        var layout = new TopicAdmin.Layout(1, SHARDS, (short) 1, Duration.ofDays(1), 1 << 30);
        TopicAdmin.create(bootstrapServers, List.of(model), layout);
        producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", bootstrapServers), new ByteArraySerializer(), new ByteArraySerializer());
    }

    /** Deltas of both shards, on the log. */
    void learn(int deltas) {
        for (int i = 0; i < deltas; i++) {
            for (int shard = 0; shard < SHARDS; shard++) {
                publish(next(shard));
            }
        }
    }

    /** A delta of both shards that the log lacks. */
    void learnUnpublished() {
        for (int shard = 0; shard < SHARDS; shard++) {
            next(shard);
        }
    }

    private Delta next(int shard) {
        Map<Long, Float> rows = new TreeMap<>();
        for (int i = 0; i < 10; i++) {
            FeatureVector vector = vector(RawFeatures.of(Map.of("user.id", text(any(USERS)))), anyItem());
            for (int f = 0; f < vector.size(); f++) {
                long id = vector.id(f);
                if (keys.shardOf(id, SHARDS) == shard) {
                    rows.put(id, random.nextInt(20) == 0 ? Float.NaN : random.nextFloat() - 0.5f);
                }
            }
        }
        int price = FeatureIds.slot("price");
        long mean = FeatureIds.pack(price, Vectorizer.NUMBER_MEAN);
        if (keys.shardOf(mean, SHARDS) == shard) {
            rows.put(mean, random.nextFloat() * 3);
            rows.put(FeatureIds.pack(price, Vectorizer.NUMBER_SCALE), random.nextFloat());
        }
        return delta(shard, rows);
    }

    private Delta delta(int shard, Map<Long, Float> rows) {
        rows.forEach((key, weight) -> {
            if (Delta.isTombstone(weight)) {
                weights.remove(key);
            } else {
                weights.put(key, weight);
            }
        });
        long sequence = ++sequences[shard];
        var ranges = new TreeMap<>(Map.of(shard, new Delta.Range(10 * sequence - 10, 10 * sequence)));
        var header = header(shard, epoch, sequence, ranges);
        long[] changed = rows.keySet().stream().mapToLong(Long::longValue).toArray();
        float[] values = new float[changed.length];
        for (int i = 0; i < changed.length; i++) {
            values[i] = rows.getOrDefault(changed[i], 0f);
        }
        return new Delta(header, changed, values);
    }

    private Delta.Header header(int shard, long owner, long sequence, TreeMap<Integer, Delta.Range> ranges) {
        return new Delta.Header(
                shard,
                SHARDS,
                owner,
                sequence,
                spec.fingerprint(),
                1_000 + sequence,
                500 + sequence,
                ranges,
                sequence,
                3 * sequence,
                0,
                WeightFormat.F32,
                null);
    }

    /**
     * A new owner of both shards takes over before their last deltas: it makes the rows of these anew, and what the old
     * owner still sends afterwards is not to count.
     */
    void takeOver() {
        for (int shard = 0; shard < SHARDS; shard++) {
            Delta last = next(shard);
            publish(last);
            sequences[shard]--;
            epoch++;
            Map<Long, Float> anew = new TreeMap<>();
            for (long key : last.keys()) {
                anew.put(key, random.nextFloat());
            }
            publish(delta(shard, anew));
            var late = header(shard, epoch - 1, sequences[shard] + 1, new TreeMap<>());
            publish(new Delta(late, last.keys(), last.weights()));
        }
    }

    /** Takes every row away. */
    void forget() {
        for (int shard = 0; shard < SHARDS; shard++) {
            Map<Long, Float> rows = new TreeMap<>();
            for (long key : weights.keySet()) {
                if (keys.shardOf(key, SHARDS) == shard) {
                    rows.put(key, Float.NaN);
                }
            }
            publish(delta(shard, rows));
        }
    }

    void publish(Delta delta) {
        send(delta);
        offsets[delta.header().shard()]++;
    }

    private void send(Delta delta) {
        try {
            int shard = delta.header().shard();
            producer.send(new ProducerRecord<>(Topics.deltas(spec.model()), shard, null, DeltaCodec.encode(delta)))
                    .get();
        } catch (ExecutionException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A delta of this model's topic, but of another spec. */
    void publishForeign() {
        var header = new Delta.Header(0, sequences[0] + 1, spec.fingerprint() + 1, 0, 0, new TreeMap<>(), 0, 0, 0);
        publish(new Delta(header, new long[] {1}, new float[] {1}));
    }

    /** The log no longer holds what stands there now. */
    void expireLog() throws ExecutionException, InterruptedException {
        Map<TopicPartition, RecordsToDelete> gone = new java.util.HashMap<>();
        for (int shard = 0; shard < SHARDS; shard++) {
            gone.put(
                    new TopicPartition(Topics.deltas(spec.model()), shard),
                    RecordsToDelete.beforeOffset(offsets[shard]));
        }
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrapServers))) {
            admin.deleteRecords(gone).all().get();
        }
    }

    /**
     * Snapshots of both shards as of now, of training rows made up anew, which are from now on what is served. Rows of
     * FTRL cannot be found for given weights, so the weights follow from the rows.
     */
    void snapshot() throws IOException {
        List<Long> known = new ArrayList<>(weights.keySet());
        weights.clear();
        for (int shard = 0; shard < SHARDS; shard++) {
            ParameterTable table = new OffHeapTable(RowLayout.TRAINING, 100_000);
            for (long key : known) {
                if (!keys.isScale(key) && KeyHash.shardOf(key, SHARDS) == shard) {
                    long row = table.findOrInsert(key);
                    table.setFloat(row, RowLayout.Z, 20 * (random.nextFloat() - 0.5f));
                    table.setFloat(row, RowLayout.N, random.nextFloat() * 10);
                    table.setInt(row, RowLayout.UPDATES, 1 + random.nextInt(9));
                }
            }
            FtrlRows served = new FtrlRows(spec);
            table.forEachRow(row -> served.serve(table, row, weights::put));
            var header = new Snapshot.Header(
                    shard,
                    sequences[shard],
                    offsets[shard] - 1,
                    spec.fingerprint(),
                    new TreeMap<>(Map.of(shard, 500 + sequences[shard])),
                    new TreeMap<>(Map.of(shard, 10 * sequences[shard])),
                    sequences[shard],
                    0,
                    RowLayout.TRAINING,
                    table.size());
            try (Snapshot snapshot = new Snapshot(header, SnapshotTables.copyRows(table), Extras.NONE)) {
                new SnapshotFolder(ShardFolders.of(snapshots, shard, SHARDS), 2).write(snapshot);
            }
        }
    }

    /** Over both shards. */
    long sequence() {
        return sequences[0] + sequences[1];
    }

    long sequence(int shard) {
        return sequences[shard];
    }

    RawFeatures anyUser() {
        return RawFeatures.of(Map.of("user.id", text(any(USERS))));
    }

    RawFeatures anyItem() {
        return RawFeatures.of(
                Map.of("item.id", text(any(ITEMS)), "item.price", new FeatureValue.Numeric(random.nextInt(50))));
    }

    private String any(List<String> names) {
        return names.get(random.nextInt(names.size()));
    }

    private static FeatureValue text(String text) {
        return new FeatureValue.Text(text);
    }

    private FeatureVector vector(RawFeatures request, RawFeatures item) {
        Vectorizer.Request hashed = vectorizer.newRequest();
        FeatureVector vector = new FeatureVector();
        vectorizer.request(request, hashed, vector);
        vectorizer.item(item, hashed, vector);
        return vector;
    }

    /** What the weights say, by the plain formula, in the order of the vector. */
    float score(RawFeatures request, RawFeatures item) {
        LinearModel model = new LinearModel(spec);
        FeatureVector vector = vector(request, item);
        return LinearModel.sigmoid(model.logit(vector, 0, vector.size(), 0f, key -> weights.getOrDefault(key, 0f)));
    }

    @Override
    public void close() {
        producer.close(Duration.ofSeconds(5));
    }
}
