package dev.millrace.load.simulate;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ingest.feature.FeatureValue;
import dev.millrace.ingest.feature.FeatureVector;
import dev.millrace.ingest.feature.RawFeatures;
import dev.millrace.ingest.feature.Vectorizer;
import dev.millrace.ingest.spec.Ftrl;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.SpecReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What a stranger sees in the demo's first minutes, computed without a service: the world must be worth watching. */
class LearnableTest {
    private static final int REQUESTS_A_SECOND = 40;
    /** Negatives wait for the reward window of 2 s. */
    private static final int NEGATIVES_LAG = 2 * REQUESTS_A_SECOND;

    private record Example(long[] ids, boolean clicked) {}

    private final Map<Long, double[]> rows = new HashMap<>();
    private final World world = new World(200, 300, 1800, 42);
    private final SplittableRandom random = new SplittableRandom(1);
    private final Deque<Example[]> waiting = new ArrayDeque<>();
    private final double[] sums = new double[3];

    @Test
    void aMinuteOfTheDemoTeachesItsModelALargePartOfTheWay() throws IOException {
        ModelSpec spec = SpecReader.read(Path.of("..", "deploy", "models", "demo.yml"));
        Vectorizer vectorizer = new Vectorizer(spec);
        StringBuilder course = new StringBuilder();
        double share = 0;
        for (int quarter = 1; quarter <= 12; quarter++) {
            Arrays.fill(sums, 0);
            for (int r = 0; r < 15 * REQUESTS_A_SECOND; r++) {
                request(vectorizer, spec.optimizer(), (quarter - 1) * 15 + r / (double) REQUESTS_A_SECOND);
            }
            share = (sums[0] - sums[1]) / (sums[2] - sums[1]);
            double n = 15.0 * REQUESTS_A_SECOND;
            course.append("%d s: top %.3f random %.3f best %.3f share %.2f%n"
                    .formatted(quarter * 15, sums[0] / n, sums[1] / n, sums[2] / n, share));
            if (quarter == 4) {
                double afterAMinute = share;
                assertTrue(afterAMinute > 0.6, () -> course.toString());
            }
        }
        assertTrue(share > 0.7, course::toString);
    }

    private void request(Vectorizer vectorizer, Ftrl ftrl, double seconds) {
        int user = random.nextInt(world.users());
        int device = random.nextInt(World.DEVICES.size());
        Vectorizer.Request scratch = vectorizer.newRequest();
        FeatureVector vector = new FeatureVector();
        Map<String, Object> context = new LinkedHashMap<>(Map.of("context.device", World.DEVICES.get(device)));
        context.put("user.id", DemoPlayer.userId(user));
        world.userProfile(user).forEach((name, value) -> context.put("user." + name, value));
        vectorizer.request(raw(context), scratch, vector);
        int shared = vector.size();
        int[] items = random.ints(0, world.items()).distinct().limit(20).toArray();
        double[] score = new double[20];
        double[] click = new double[20];
        long[][] ids = new long[20][];
        for (int i = 0; i < 20; i++) {
            vector.truncate(shared);
            vectorizer.item(
                    raw(Map.of(
                            "item.id", DemoPlayer.itemId(items[i]),
                            "item.category",
                                    String.valueOf(world.itemProfile(items[i]).get("category")))),
                    scratch,
                    vector);
            ids[i] = IntStream.range(0, vector.size()).mapToLong(vector::id).toArray();
            score[i] = predict(ids[i], ftrl);
            click[i] = world.click(user, items[i], device, seconds);
        }
        int[] order = IntStream.range(0, 20)
                .boxed()
                .sorted((a, b) -> Double.compare(score[b], score[a]))
                .mapToInt(i -> i)
                .limit(10)
                .toArray();
        sums[0] += click[order[0]];
        sums[1] += Arrays.stream(click).average().orElseThrow();
        sums[2] += Arrays.stream(click).max().orElseThrow();
        Example[] examples = Arrays.stream(order)
                .mapToObj(i -> new Example(ids[i], random.nextDouble() < click[i]))
                .toArray(Example[]::new);
        waiting.addLast(examples);
        for (Example example : examples) {
            if (example.clicked()) {
                learn(example, ftrl);
            }
        }
        if (waiting.size() > NEGATIVES_LAG) {
            for (Example example : waiting.removeFirst()) {
                if (!example.clicked()) {
                    learn(example, ftrl);
                }
            }
        }
    }

    private static RawFeatures raw(Map<String, Object> values) {
        Map<String, FeatureValue> features = new HashMap<>();
        values.forEach((name, value) -> features.put(
                name,
                value instanceof Number number
                        ? new FeatureValue.Numeric(number.doubleValue())
                        : new FeatureValue.Text(value.toString())));
        return RawFeatures.of(features);
    }

    /** FTRL-Proximal (McMahan et al. 2013, algorithm 1) without regularization; a row is z, n. */
    private double predict(long[] ids, Ftrl ftrl) {
        double sum = 0;
        for (long id : ids) {
            double[] row = rows.get(id);
            sum += row == null ? 0 : weight(row, ftrl);
        }
        return 1 / (1 + Math.exp(-sum));
    }

    private static double weight(double[] row, Ftrl ftrl) {
        return -row[0] * ftrl.alpha() / (ftrl.beta() + Math.sqrt(row[1]));
    }

    private void learn(Example example, Ftrl ftrl) {
        double g = predict(example.ids(), ftrl) - (example.clicked() ? 1 : 0);
        for (long id : example.ids()) {
            double[] row = rows.computeIfAbsent(id, key -> new double[2]);
            double w = weight(row, ftrl);
            double sigma = (Math.sqrt(row[1] + g * g) - Math.sqrt(row[1])) / ftrl.alpha();
            row[0] += g - sigma * w;
            row[1] += g * g;
        }
    }
}
