package dev.millrace.api.candidate;

import dev.millrace.ingest.feature.FeatureValue;
import dev.millrace.ingest.feature.RawFeatures;
import dev.millrace.ingest.profile.ProfileStore;
import dev.millrace.ps.serve.WeightServer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The items nearest to a request in one model's embeddings, indexed anew from time to time, on a thread of its own.
 *
 * <p>Of a model that pairs its embeddings (fm, mf, deepfm) near is what the pairs of request and item are worth, with what
 * the item is worth alone. Of any other, whose layers say what embeddings mean, near is what points where the mean of the
 * person's last liked items points.
 *
 * <pre>
 *  field   read by            written by
 *  built   asking threads     api-nearest      volatile
 * </pre>
 */
public final class NearestItems implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NearestItems.class);
    private static final int CHUNK = 512;
    private static final int MAX_LIKED = 10;
    private static final long FIRST_MS = 1_000;
    private static final long CLOSE_MS = 5_000;

    private final WeightServer weights;
    private final ProfileStore profiles;
    private final CandidateIndex index;
    private final CandidateConfig config;
    private final SideVectors sides;
    private final boolean pairs;
    private final CountDownLatch stop = new CountDownLatch(1);
    private final Thread thread = new Thread(this::run, "api-nearest");
    private volatile @Nullable Built built;

    /** @param points of the items, by id, without what they are worth alone */
    private record Built(NearestIndex nearest, Map<String, float[]> points) {}

    public NearestItems(WeightServer weights, ProfileStore profiles, CandidateIndex index, CandidateConfig config) {
        this.weights = weights;
        this.profiles = profiles;
        this.index = index;
        this.config = config;
        sides = new SideVectors(weights);
        pairs = weights.spec().network().type().hasPairs();
        thread.setDaemon(true);
    }

    /** Begins to index. */
    public void start() {
        thread.start();
    }

    private void run() {
        try {
            do {
                tryBuild();
            } while (!stop.await(waitMs(), TimeUnit.MILLISECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** The first index is not waited for so long: at the start nothing is known yet. */
    private long waitMs() {
        long every = config.nearestEvery().toMillis();
        return built == null ? Math.min(FIRST_MS, every) : every;
    }

    private void tryBuild() {
        try {
            build();
        } catch (RuntimeException e) {
            LOG.warn("items of {} are not indexed now: {}", weights.spec().model(), e.toString());
        }
    }

    /** Indexes the most popular items, the newest after them, as their embeddings are now. */
    public void build() {
        List<String> ids = index.all(config.nearestItems());
        if (ids.isEmpty() || weights.version().sequence() == 0) {
            return;
        }
        Map<String, float[]> points = new HashMap<>();
        List<float[]> indexed = new ArrayList<>(ids.size());
        for (int from = 0; from < ids.size(); from += CHUNK) {
            List<String> chunk = ids.subList(from, Math.min(ids.size(), from + CHUNK));
            float[][] found = sides.items(features(chunk));
            for (int i = 0; i < found.length; i++) {
                float[] point = Arrays.copyOf(found[i], sides.dim());
                points.put(chunk.get(i), point);
                indexed.add(pairs ? found[i] : unit(point));
            }
        }
        built = new Built(NearestIndex.of(ids, indexed), points);
    }

    private List<RawFeatures> features(List<String> ids) {
        List<RawFeatures> stored = profiles.getAll(ProfileStore.Kind.ITEM, ids);
        List<RawFeatures> features = new ArrayList<>(ids.size());
        for (int i = 0; i < ids.size(); i++) {
            Map<String, FeatureValue> one = new HashMap<>(stored.get(i).asMap());
            one.put("item.id", new FeatureValue.Text(ids.get(i)));
            features.add(RawFeatures.of(one));
        }
        return features;
    }

    private static float[] unit(float[] point) {
        double square = 0;
        for (float x : point) {
            square += (double) x * x;
        }
        float[] unit = point.clone();
        float length = (float) Math.sqrt(Math.max(square, Float.MIN_NORMAL));
        for (int f = 0; f < unit.length; f++) {
            unit[f] /= length;
        }
        return unit;
    }

    /**
     * The nearest first; empty before the first index, or where nothing is known that could be near.
     *
     * @param request {@code user.*} and {@code context.*} attributes
     */
    public List<String> nearest(RawFeatures request, List<String> liked) {
        Built now = built;
        if (now == null) {
            return List.of();
        }
        float[] query = pairs ? asked(request) : mean(liked, now.points());
        return query == null ? List.of() : now.nearest().best(query, config.perSource());
    }

    private float[] asked(RawFeatures request) {
        float[] query = sides.request(request);
        // What an item is worth alone counts as it is.
        query[sides.dim()] = 1;
        return query;
    }

    private float @Nullable [] mean(List<String> liked, Map<String, float[]> points) {
        float[] sum = new float[sides.dim()];
        boolean any = false;
        for (String item : liked.subList(0, Math.min(MAX_LIKED, liked.size()))) {
            float[] point = points.get(item);
            if (point != null) {
                any = true;
                float[] unit = unit(point);
                for (int f = 0; f < sum.length; f++) {
                    sum[f] += unit[f];
                }
            }
        }
        return any ? unit(sum) : null;
    }

    /** How many items are indexed. */
    public int size() {
        Built now = built;
        return now == null ? 0 : now.nearest().size();
    }

    @Override
    public void close() {
        stop.countDown();
        try {
            thread.join(CLOSE_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
