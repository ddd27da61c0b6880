package dev.millrace.ps.serve;

import dev.millrace.ingest.feature.FeatureVector;
import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ps.model.LinearModel;
import dev.millrace.ps.network.Batch;
import dev.millrace.ps.network.NetworkModel;
import it.unimi.dsi.fastutil.longs.Long2IntOpenHashMap;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * Scores with a network: all rows of a request are read at once, in one version, its items computed together, what they
 * share once. The layers are kept from request to request, and read with the rows again when these are of another
 * version, so that a request never mixes the two.
 *
 * <pre>
 *  field   read by            written by
 *  layers  scoring threads    scoring threads   volatile; any whole one is right for its version
 *  spare   scoring threads    scoring threads   the queue's own
 * </pre>
 */
final class NetworkScore implements Scorer {
    /** Items computed at once: what they need stays in the second cache. */
    private static final int ITEMS = 128;

    private static final int SPARE = 2 * Runtime.getRuntime().availableProcessors();

    private final ModelSpec spec;
    private final LinearModel inputs;
    private final WeightReader reader;
    private final HeadScores heads;
    private final int dim;
    private final long[] denseKeys;
    private final BlockingQueue<Desk> spare = new ArrayBlockingQueue<>(SPARE);
    private volatile @Nullable Layers layers;

    @SuppressWarnings("ArrayRecordComponent") // computed with, never compared
    private record Layers(List<ShardVersion> version, float[] dense) {}

    /** What one thread computes on. */
    @SuppressWarnings("ArrayRecordComponent") // computed with, never compared
    private record Desk(NetworkModel network, Batch batch, float[] predictions) {}

    NetworkScore(ModelSpec spec, WeightReader reader) {
        this.spec = spec;
        this.reader = reader;
        inputs = new LinearModel(spec);
        dim = spec.network().dim();
        NetworkModel network = new NetworkModel(spec);
        denseKeys = new long[network.denseRows()];
        for (int i = 0; i < denseKeys.length; i++) {
            denseKeys[i] = FeatureIds.dense(i);
        }
        heads = new HeadScores(spec);
        spare.add(desk(network));
    }

    private Desk desk(NetworkModel network) {
        return new Desk(network, network.newBatch(), new float[heads.count() * ITEMS]);
    }

    @Override
    public long score(RequestVector request, float[] scores) {
        Long2IntOpenHashMap places = GatheredScore.places(inputs, request.vector());
        int n = places.size();
        long[] keys = new long[n + denseKeys.length];
        places.long2IntEntrySet().fastForEach(e -> keys[e.getIntValue()] = e.getLongKey());
        float[] rows = new float[n * (1 + dim)];
        ServedVersion version = reader.read(keys, n, rows);
        Layers now = layers;
        if (denseKeys.length > 0 && (now == null || !now.version().equals(version.shards()))) {
            System.arraycopy(denseKeys, 0, keys, n, denseKeys.length);
            rows = new float[keys.length * (1 + dim)];
            version = reader.read(keys, keys.length, rows);
            now = layersOf(version, rows, n);
            layers = now;
        }
        Desk desk = desk();
        try {
            compute(desk, request, places, rows, now == null ? new float[0] : now.dense(), scores);
        } finally {
            // One too many is let go.
            var unused = spare.offer(desk);
        }
        return version.sequence();
    }

    private Layers layersOf(ServedVersion version, float[] rows, int first) {
        float[] dense = new float[denseKeys.length * dim];
        for (int i = 0; i < denseKeys.length; i++) {
            System.arraycopy(rows, (first + i) * (1 + dim) + 1, dense, i * dim, dim);
        }
        return new Layers(version.shards(), dense);
    }

    private Desk desk() {
        Desk taken = spare.poll();
        if (taken != null) {
            return taken;
        }
        return desk(new NetworkModel(spec));
    }

    private void compute(
            Desk desk, RequestVector request, Long2IntOpenHashMap places, float[] rows, float[] dense, float[] scores) {
        Batch batch = desk.batch();
        int from = request.shared();
        for (int first = 0; first < request.items(); first += ITEMS) {
            ScoreTime.check();
            int n = Math.min(ITEMS, request.items() - first);
            // The last place holds what the items share.
            batch.begin(n + 1);
            add(desk, n, request.vector(), 0, request.shared(), places, rows);
            for (int i = 0; i < n; i++) {
                int to = request.end(first + i);
                batch.copy(n, i);
                add(desk, i, request.vector(), from, to, places, rows);
                from = to;
            }
            desk.network().forward(batch, dense);
            if (heads.count() == 0) {
                for (int i = 0; i < n; i++) {
                    scores[first + i] = inputs.output(batch.output(i));
                }
            } else {
                heads.score(batch, n, scores, first, request.items(), desk.predictions());
            }
        }
    }

    private void add(
            Desk desk, int sample, FeatureVector vector, int from, int to, Long2IntOpenHashMap places, float[] rows) {
        int width = 1 + dim;
        for (int i = from; i < to; i++) {
            long id = vector.id(i);
            float x = inputs.input(id, vector.value(i), key -> rows[places.get(key) * width]);
            desk.batch().add(sample, desk.network().fields().of(id), x, rows, places.get(id) * width);
        }
    }
}
