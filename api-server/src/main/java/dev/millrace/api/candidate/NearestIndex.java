package dev.millrace.api.candidate;

import io.github.jbellis.jvector.graph.GraphIndex;
import io.github.jbellis.jvector.graph.GraphIndexBuilder;
import io.github.jbellis.jvector.graph.GraphSearcher;
import io.github.jbellis.jvector.graph.ListRandomAccessVectorValues;
import io.github.jbellis.jvector.graph.RandomAccessVectorValues;
import io.github.jbellis.jvector.graph.SearchResult;
import io.github.jbellis.jvector.graph.similarity.BuildScoreProvider;
import io.github.jbellis.jvector.util.Bits;
import io.github.jbellis.jvector.vector.VectorSimilarityFunction;
import io.github.jbellis.jvector.vector.VectorizationProvider;
import io.github.jbellis.jvector.vector.types.VectorFloat;
import io.github.jbellis.jvector.vector.types.VectorTypeSupport;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ForkJoinPool;

/**
 * Items whose inner product with a query is largest, by a graph of nearest neighbours (JVector, after DiskANN, Subramanya
 * et al. 2019). Inner products become distances by one more coordinate: √(M² − |x|²) of an item, 0 of a query, with M the
 * longest item (Bachrach et al. 2014); then |q−x|² = |q|² + M² − 2⟨q, x⟩. Immutable, safe for many threads.
 */
final class NearestIndex {
    private static final VectorTypeSupport VECTORS =
            VectorizationProvider.getInstance().getVectorTypeSupport();
    private static final int DEGREE = 16;
    private static final int BEAM = 100;
    private static final int LOOKED = 64;
    private static final float OVERFLOW = 1.2f;
    private static final float ALPHA = 1.2f;

    private final List<String> ids;
    private final RandomAccessVectorValues points;
    private final GraphIndex graph;
    private final int width;

    private NearestIndex(List<String> ids, RandomAccessVectorValues points, GraphIndex graph, int width) {
        this.ids = ids;
        this.points = points;
        this.graph = graph;
        this.width = width;
    }

    /** @param points of the items, all of one width; not empty */
    static NearestIndex of(List<String> ids, List<float[]> points) {
        int width = points.getFirst().length;
        double longest = points.stream().mapToDouble(NearestIndex::square).max().orElse(0);
        List<VectorFloat<?>> longer = new ArrayList<>(points.size());
        for (float[] point : points) {
            float[] one = java.util.Arrays.copyOf(point, width + 1);
            one[width] = (float) Math.sqrt(Math.max(0, longest - square(point)));
            longer.add(VECTORS.createFloatVector(one));
        }
        RandomAccessVectorValues values = new ListRandomAccessVectorValues(longer, width + 1);
        var provider = BuildScoreProvider.randomAccessScoreProvider(values, VectorSimilarityFunction.EUCLIDEAN);
        // One core, and a thread of its own: the building must not take what requests need.
        try (ForkJoinPool pool = new ForkJoinPool(1);
                GraphIndexBuilder builder =
                        new GraphIndexBuilder(provider, width + 1, DEGREE, BEAM, OVERFLOW, ALPHA, pool, pool)) {
            return new NearestIndex(List.copyOf(ids), values, builder.build(values), width);
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static double square(float[] point) {
        double sum = 0;
        for (float x : point) {
            sum += (double) x * x;
        }
        return sum;
    }

    /** The best first, {@code count} at most. */
    List<String> best(float[] query, int count) {
        VectorFloat<?> longer = VECTORS.createFloatVector(java.util.Arrays.copyOf(query, width + 1));
        // The graph finds the best among those that it looks at, so it is to look at more than are wanted.
        int looked = Math.min(Math.max(2 * count, LOOKED), ids.size());
        SearchResult found =
                GraphSearcher.search(longer, looked, points, VectorSimilarityFunction.EUCLIDEAN, graph, Bits.ALL);
        List<String> best = new ArrayList<>(count);
        for (SearchResult.NodeScore node : found.getNodes()) {
            if (best.size() < count) {
                best.add(ids.get(node.node));
            }
        }
        return best;
    }

    int size() {
        return ids.size();
    }
}
