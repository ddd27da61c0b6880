package dev.millrace.ps.serve;

import dev.millrace.ingest.feature.FeatureValue;
import dev.millrace.ingest.feature.RawFeatures;
import dev.millrace.ingest.feature.Vectorizer;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.SpecReader;
import dev.millrace.ps.bench.Figures;
import dev.millrace.ps.model.LinearModel;
import dev.millrace.ps.table.KeyHash;
import dev.millrace.ps.table.OffHeapTable;
import dev.millrace.ps.table.RowLayout;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Scoring alone: 500 candidates of 30 features, ten of them shared and scored once, from the ids of the features to 500
 * probabilities, one thread by its own processor time. Every looked-up key has a row; the keys of a request are drawn
 * uniformly from all rows of the table, so that none of the large table's is in a cache. And the same from kept raw features,
 * crosses made and looked up.
 *
 * <pre>ScoreBench --report FILE</pre>
 */
public final class ScoreBench {
    private static final int CANDIDATES = 500;
    private static final int SHARED = 10;
    private static final int OF_AN_ITEM = 20;
    private static final int REQUESTS = 64;
    /** So few that their ids, 8 MB of the others', lie in a cache too, as when they were just made. */
    private static final int REQUESTS_IN_CACHE = 4;

    private static final int WINDOWS = 21;
    private static final long WINDOW_NS = 300_000_000;
    private static final long WARM_UP_NS = 5_000_000_000L;
    private static final long SEED = 42;

    /** In a core's second cache. */
    private static final long SMALL_ROWS = 20_000;
    /** 256 MiB. */
    private static final long LARGE_ROWS = 10_000_000;

    private static final ModelSpec SPEC = SpecReader.parse("score", """
            model: score
            objective: logistic
            labels: {click: 1}
            rewardWindow: 5s
            slots:
              user: {type: category, from: user.id}
              groups: {type: categories, from: user.groups}
              item: {type: category, from: item.id}
              category: {type: category, from: item.category}
              tags: {type: categories, from: item.tags}
            crosses:
              - [user, category]
              - [groups, category]
            """);

    private final com.sun.management.ThreadMXBean threads =
            (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    private final Vectorizer vectorizer = new Vectorizer(SPEC);
    private float[] scores = new float[CANDIDATES];

    private ScoreBench() {}

    public static void main(String[] args) throws IOException {
        try (Figures figures = new Figures(Path.of(args[1]))) {
            ScoreBench bench = new ScoreBench();
            bench.table(figures, "cache", SMALL_ROWS, REQUESTS);
            bench.table(figures, "cache, ids there too", SMALL_ROWS, REQUESTS_IN_CACHE);
            bench.table(figures, "256 MiB", LARGE_ROWS, REQUESTS);
        }
    }

    private void table(Figures figures, String name, long rows, int different) {
        OffHeapTable table = new OffHeapTable(RowLayout.SERVING, Long.MAX_VALUE);
        SplittableRandom random = new SplittableRandom(SEED);
        for (long row = 0; row < rows; row++) {
            long at = table.findOrInsert(KeyHash.mix(1 + row));
            table.setFloat(at, RowLayout.WEIGHT, (float) (random.nextDouble() - 0.5) / 4);
        }
        VersionedWeights weights = new VersionedWeights(new LinearModel(SPEC), table);
        List<RequestVector> requests = new ArrayList<>();
        for (int r = 0; r < different; r++) {
            requests.add(uniform(rows, random));
        }
        Taken ids = measure(different, r -> weights.score(requests.get(r), scores));
        VectorPool pool = new VectorPool(vectorizer);
        List<RawFeatures> people = new ArrayList<>();
        List<List<RawFeatures>> items = new ArrayList<>();
        kept(table, people, items, different, random);
        Taken raw = measure(different, r -> pool.score(weights::score, people.get(r), items.get(r), scores));
        figures.add("score " + name, ids.us(), "us");
        figures.add("score " + name + " of kept features", raw.us(), "us");
        figures.add("score " + name + " allocated a candidate", raw.bytes(), "B");
        figures.add("score " + name + " table", table.bytes() / (double) (1 << 20), "MiB");
    }

    private RequestVector uniform(long rows, SplittableRandom random) {
        RequestVector request = new RequestVector(vectorizer);
        for (int f = 0; f < SHARED; f++) {
            request.vector().add(KeyHash.mix(1 + random.nextLong(rows)), 1f);
        }
        request.endShared();
        for (int i = 0; i < CANDIDATES; i++) {
            for (int f = 0; f < OF_AN_ITEM; f++) {
                request.vector().add(KeyHash.mix(1 + random.nextLong(rows)), 1f);
            }
            request.endItem();
        }
        return request;
    }

    /** People of ten features (bias, id, eight groups) and items of eleven with nine crosses, all with a row. */
    private void kept(
            OffHeapTable table,
            List<RawFeatures> people,
            List<List<RawFeatures>> items,
            int different,
            SplittableRandom random) {
        for (int r = 0; r < different; r++) {
            people.add(RawFeatures.of(
                    Map.of("user.id", new FeatureValue.Text("u" + r), "user.groups", texts("g", 8, 100, random))));
            List<RawFeatures> shown = new ArrayList<>();
            for (int i = 0; i < CANDIDATES; i++) {
                Map<String, FeatureValue> features = new HashMap<>();
                features.put("item.id", new FeatureValue.Text("i" + random.nextInt(2000)));
                features.put("item.category", new FeatureValue.Text("c" + random.nextInt(40)));
                features.put("item.tags", texts("t", 9, 1000, random));
                shown.add(RawFeatures.of(features).kept());
            }
            items.add(shown);
            RequestVector vector = RequestVector.of(vectorizer, people.get(r), shown);
            for (int f = 0; f < vector.vector().size(); f++) {
                table.setFloat(table.findOrInsert(vector.vector().id(f)), RowLayout.WEIGHT, 0.1f);
            }
            if (vector.shared() != SHARED || vector.end(0) - vector.shared() != OF_AN_ITEM) {
                throw new IllegalStateException(vector.shared() + " shared, " + vector.end(0) + " of the first in all");
            }
        }
    }

    private static FeatureValue texts(String prefix, int count, int different, SplittableRandom random) {
        return new FeatureValue.Texts(random.ints(0, different)
                .distinct()
                .limit(count)
                .mapToObj(n -> prefix + n)
                .toList());
    }

    private interface Work {
        long score(int request);
    }

    /** Medians of the windows: a request's time, and what one of its candidates allocates. */
    private record Taken(double us, double bytes) {}

    private Taken measure(int different, Work work) {
        run(different, work, WARM_UP_NS);
        double[] us = new double[WINDOWS];
        double[] bytes = new double[WINDOWS];
        for (int w = 0; w < WINDOWS; w++) {
            long allocated = threads.getCurrentThreadAllocatedBytes();
            long cpu = threads.getCurrentThreadCpuTime();
            long requests = run(different, work, WINDOW_NS);
            us[w] = (threads.getCurrentThreadCpuTime() - cpu) / 1e3 / requests;
            bytes[w] = (threads.getCurrentThreadAllocatedBytes() - allocated) / (double) requests / CANDIDATES;
        }
        Arrays.sort(us);
        Arrays.sort(bytes);
        return new Taken(us[WINDOWS / 2], bytes[WINDOWS / 2]);
    }

    private static long run(int different, Work work, long ns) {
        long until = System.nanoTime() + ns;
        long requests = 0;
        long sequences = 0;
        while (System.nanoTime() < until) {
            sequences += work.score((int) (requests++ % different));
        }
        if (sequences < 0) {
            throw new IllegalStateException();
        }
        return requests;
    }
}
