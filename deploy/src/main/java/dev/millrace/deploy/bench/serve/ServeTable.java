package dev.millrace.deploy.bench.serve;

import dev.millrace.ingest.feature.FeatureValue;
import dev.millrace.ingest.feature.FeatureVector;
import dev.millrace.ingest.feature.RawFeatures;
import dev.millrace.ingest.feature.Vectorizer;
import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.learner.sync.DeltaPublisher;
import dev.millrace.ps.delta.Delta;
import dev.millrace.ps.table.KeyHash;
import it.unimi.dsi.fastutil.longs.LongOpenHashSet;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;

/** Puts a world's weights on the deltas topic: a row for each feature that its requests meet, and others up to a number. */
final class ServeTable {
    private static final int ROWS_A_DELTA = 200_000;
    private static final long SEED = 7;

    private final ServeWorld world;
    private final ModelSpec spec;
    private final Vectorizer vectorizer;
    private final SplittableRandom random = new SplittableRandom(SEED);
    private long sequence;

    ServeTable(ServeWorld world, ModelSpec spec) {
        this.world = world;
        this.spec = spec;
        vectorizer = new Vectorizer(spec);
    }

    /** @return rows that were sent */
    long publish(String bootstrapServers, int requests, int candidates, long rows) throws InterruptedException {
        LongOpenHashSet keys = keys(requests, candidates);
        try (DeltaPublisher publisher = new DeltaPublisher(bootstrapServers, spec.model(), -1)) {
            long[] chunk = new long[ROWS_A_DELTA];
            int filled = 0;
            var real = keys.iterator();
            long total = Math.max(rows, keys.size());
            for (long row = 0; row < total; row++) {
                chunk[filled++] = real.hasNext() ? real.nextLong() : KeyHash.mix(1 + row);
                if (filled == ROWS_A_DELTA || row == total - 1) {
                    publisher.send(delta(chunk, filled));
                    filled = 0;
                }
            }
            publisher.flush();
            return total;
        }
    }

    private Delta delta(long[] keys, int count) {
        float[] weights = new float[count];
        for (int i = 0; i < count; i++) {
            weights[i] = (float) (random.nextDouble() - 0.5) / 4;
        }
        long nowMs = System.currentTimeMillis();
        sequence++;
        TreeMap<Integer, Delta.Range> ranges = new TreeMap<>(Map.of(0, new Delta.Range(sequence - 1, sequence)));
        var header = new Delta.Header(0, sequence, spec.fingerprint(), nowMs, nowMs, ranges, sequence, 0, 0);
        return new Delta(header, java.util.Arrays.copyOf(keys, count), weights);
    }

    /** What the requests look up. */
    private LongOpenHashSet keys(int requests, int candidates) {
        LongOpenHashSet keys = new LongOpenHashSet();
        Vectorizer.Request hashed = vectorizer.newRequest();
        FeatureVector vector = new FeatureVector();
        for (int n = 0; n < requests; n++) {
            int user = world.userOf(n);
            vectorizer.request(request(world, user), hashed, vector);
            int shared = vector.size();
            for (int i : world.candidates(n, candidates)) {
                vector.truncate(shared);
                vectorizer.item(item(world, i), hashed, vector);
                checkSize(shared, vector.size());
                for (int f = 0; f < vector.size(); f++) {
                    keys.add(vector.id(f));
                }
            }
        }
        keys.remove(FeatureIds.NONE);
        return keys;
    }

    private static void checkSize(int shared, int all) {
        if (shared != ServeWorld.SHARED || all != ServeWorld.FEATURES) {
            throw new IllegalStateException("a candidate has " + all + " features, " + shared + " of them shared");
        }
    }

    static RawFeatures request(ServeWorld world, int user) {
        return with(List.of(world.userProfile(user), world.context(user)), "user.id", world.user(user));
    }

    static RawFeatures item(ServeWorld world, int item) {
        return with(List.of(world.itemProfile(item)), "item.id", world.item(item));
    }

    private static RawFeatures with(List<RawFeatures> parts, String name, String id) {
        Map<String, FeatureValue> all = new LinkedHashMap<>();
        new ArrayList<>(parts).forEach(part -> all.putAll(part.asMap()));
        all.put(name, new FeatureValue.Text(id));
        return RawFeatures.of(all);
    }
}
