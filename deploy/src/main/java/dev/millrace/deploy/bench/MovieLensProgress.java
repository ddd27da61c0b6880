package dev.millrace.deploy.bench;

import dev.millrace.ingest.feature.FeatureValue;
import dev.millrace.ingest.feature.FeatureVector;
import dev.millrace.ingest.feature.RawFeatures;
import dev.millrace.ingest.feature.Vectorizer;
import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.sample.SampleBlockBuilder;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.Objective;
import dev.millrace.learner.step.Step;
import dev.millrace.learner.step.Steps;
import dev.millrace.ps.life.RowLife;
import dev.millrace.ps.model.TrainingLayout;
import dev.millrace.ps.table.OffHeapTable;
import dev.millrace.ps.table.ParameterTable;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;

/**
 * MovieLens 100K in the order of time through a learner in this process, each rating predicted before it is learned, with
 * no delay at all.
 */
public final class MovieLensProgress {
    private static final int LIKED = 4;
    private static final int LEAST_STARS = 1;
    private static final int MOST_STARS = 5;

    private final Map<String, Map<String, FeatureValue>> users = new HashMap<>();
    private final Map<String, Map<String, FeatureValue>> items = new HashMap<>();
    private final List<Rating> ratings = new ArrayList<>();

    private record Rating(String user, String item, int stars, long second) {}

    /** @param folder {@code movielens-100k} of the data sets */
    public MovieLensProgress(Path folder) throws IOException {
        List<String> genres = lines(folder, "u.genre").stream()
                .map(line -> line.split("\\|")[0])
                .toList();
        for (String line : lines(folder, "u.user.gz")) {
            String[] p = line.split("\\|");
            users.put(
                    p[0],
                    Map.of(
                            "user.age", new FeatureValue.Numeric(Double.parseDouble(p[1])),
                            "user.gender", new FeatureValue.Text(p[2]),
                            "user.occupation", new FeatureValue.Text(p[3])));
        }
        for (String line : lines(folder, "u.item.gz")) {
            item(line.split("\\|"), genres);
        }
        for (String line : lines(folder, "u.data.gz")) {
            String[] p = line.split("\t");
            ratings.add(new Rating(p[0], p[1], Integer.parseInt(p[2]), Long.parseLong(p[3])));
        }
        ratings.sort(Comparator.comparingLong(Rating::second));
    }

    private void item(String[] p, List<String> genres) {
        List<String> has = new ArrayList<>();
        for (int g = 0; g < genres.size(); g++) {
            if (p[5 + g].equals("1")) {
                has.add(genres.get(g));
            }
        }
        Map<String, FeatureValue> features = new HashMap<>();
        features.put("item.genres", new FeatureValue.Texts(has));
        String released = p[2];
        if (released.length() >= 4) {
            double year = Double.parseDouble(released.substring(released.length() - 4));
            features.put("item.year", new FeatureValue.Numeric(year));
        }
        items.put(p[0], features);
    }

    private static List<String> lines(Path folder, String name) throws IOException {
        Path file = folder.resolve(name);
        try (var in = Files.newInputStream(file);
                var reader = new BufferedReader(new InputStreamReader(
                        name.endsWith(".gz") ? new GZIPInputStream(in) : in, StandardCharsets.ISO_8859_1))) {
            return reader.lines().filter(line -> !line.isBlank()).toList();
        }
    }

    /**
     * What each rating was predicted as, and its label.
     *
     * @param before how many ratings of the same person came before it
     */
    @SuppressWarnings("ArrayRecordComponent") // looked at once, never compared
    public record Predicted(float[] scores, float[] labels, int[] before) {
        /** With scores held within the stars that there are. */
        public double rmse() {
            return rmse(0, Integer.MAX_VALUE);
        }

        /** Of each person's ratings {@code from .. to-1}. */
        public double rmse(int from, int to) {
            double sum = 0;
            int n = 0;
            for (int i = 0; i < scores.length; i++) {
                if (before[i] >= from && before[i] < to) {
                    double error = Math.clamp(scores[i], LEAST_STARS, MOST_STARS) - labels[i];
                    sum += error * error;
                    n++;
                }
            }
            return Math.sqrt(sum / n);
        }

        /** P(s⁺ &gt; s⁻) + ½ P(s⁺ = s⁻), exact. */
        public double auc() {
            Integer[] order = new Integer[scores.length];
            Arrays.setAll(order, i -> i);
            Arrays.sort(order, Comparator.comparingDouble(i -> scores[i]));
            double rankSum = 0;
            long positives = 0;
            for (int from = 0; from < order.length; ) {
                int to = from;
                int found = 0;
                while (to < order.length && scores[order[to]] == scores[order[from]]) {
                    found += labels[order[to++]] > 0.5f ? 1 : 0;
                }
                rankSum += found * (from + 1 + to) / 2.0;
                positives += found;
                from = to;
            }
            double negatives = scores.length - positives;
            return (rankSum - positives * (positives + 1) / 2.0) / (positives * negatives);
        }
    }

    public Predicted run(ModelSpec spec) {
        ParameterTable table =
                new OffHeapTable(TrainingLayout.of(spec), spec.policies().maxRows());
        Step step = Steps.of(spec, table, new RowLife(spec, table));
        Vectorizer vectorizer = new Vectorizer(spec);
        Vectorizer.Request hashed = vectorizer.newRequest();
        FeatureVector vector = new FeatureVector();
        SampleBlockBuilder builder = new SampleBlockBuilder();
        boolean stars = spec.objective() == Objective.SQUARED;
        float[] scores = new float[ratings.size()];
        float[] labels = new float[scores.length];
        float[] prediction = new float[1];
        int[] first = {0};
        for (int i = 0; i < scores.length; i++) {
            Rating rating = ratings.get(i);
            vectorizer.request(features(users, rating.user(), "user.id"), hashed, vector);
            vectorizer.item(features(items, rating.item(), "item.id"), hashed, vector);
            labels[i] = stars ? rating.stars() : rating.stars() >= LIKED ? 1 : 0;
            builder.add(
                    new SampleBlockBuilder.Meta(i + 1L, i, 0, labels[i], 1f, 1f, 0f, 0, rating.second() * 1000),
                    vector);
            SampleBlock block = builder.build(new SampleBlock.Header(spec.model(), spec.fingerprint(), 0, 0));
            step.learn(block, first, 1, prediction, key -> {});
            scores[i] = prediction[0];
        }
        return new Predicted(scores, labels, before());
    }

    private int[] before() {
        int[] before = new int[ratings.size()];
        Map<String, Integer> seen = new HashMap<>();
        for (int i = 0; i < before.length; i++) {
            before[i] = seen.merge(ratings.get(i).user(), 1, Integer::sum) - 1;
        }
        return before;
    }

    private static RawFeatures features(Map<String, Map<String, FeatureValue>> all, String id, String name) {
        Map<String, FeatureValue> features = new HashMap<>(all.getOrDefault(id, Map.of()));
        features.put(name, new FeatureValue.Text(id));
        return RawFeatures.of(features);
    }
}
