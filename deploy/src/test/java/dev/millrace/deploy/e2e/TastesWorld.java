package dev.millrace.deploy.e2e;

import dev.millrace.deploy.embedded.LoadedSpec;
import dev.millrace.ingest.feature.FeatureValue;
import dev.millrace.ingest.feature.FeatureVector;
import dev.millrace.ingest.feature.RawFeatures;
import dev.millrace.ingest.feature.Vectorizer;
import dev.millrace.ingest.id.SampleIds;
import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.learner.training.TrainingShard;
import dev.millrace.load.client.Event;
import dev.millrace.load.client.RankAnswer;
import dev.millrace.ps.model.LinearModel;
import dev.millrace.ps.model.ServedRows;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import org.awaitility.Awaitility;

/**
 * People with tastes of their own against a running service: they say of each item shown whether they like it, with a
 * probability that is known here and nowhere else. Deterministic but for its pace. One thread.
 */
final class TastesWorld {
    static final String MODEL = "shop";
    static final LoadedSpec SPEC = Service.spec("""
            model: shop
            objective: logistic
            labels: {like: 1, dislike: 0}
            rewardWindow: 1s
            slots:
              user: {type: category, from: user.id}
              item: {type: category, from: item.id}
            optimizer: {type: ftrl, alpha: 0.1}
            policies: {absence: drop, lateness: 5s}
            """);

    private static final int USERS = 40;
    private static final int ITEMS = 40;
    private static final int SHOWN = 8;
    private static final long REQUEST_NS = Duration.ofMillis(12).toNanos();

    private final Service service;
    private final Random random;
    private final double[] user = new double[USERS];
    private final double[] item = new double[ITEMS];
    private final Set<Long> flippedIds = new HashSet<>();
    private boolean flips;
    private int requests;
    private int looks;
    private int acted;

    TastesWorld(Service service, long seed) {
        this.service = service;
        random = new Random(seed);
        for (int i = 0; i < USERS; i++) {
            user[i] = 0.8 * random.nextGaussian() - 0.8;
        }
        for (int i = 0; i < ITEMS; i++) {
            item[i] = 1.2 * random.nextGaussian();
        }
    }

    void flip(boolean on) {
        flips = on;
    }

    private double truth(int u, int i) {
        return 1 / (1 + Math.exp(-user[u] - item[i]));
    }

    /** Requests at an even pace, each followed by what the person says of every item. */
    void play(Duration duration) throws InterruptedException {
        long endNs = System.nanoTime() + duration.toNanos();
        long nextNs = System.nanoTime();
        while (System.nanoTime() < endNs) {
            request();
            nextNs = Math.max(nextNs + REQUEST_NS, System.nanoTime() - 10 * REQUEST_NS);
            LockSupport.parkNanos(nextNs - System.nanoTime());
        }
    }

    private void request() throws InterruptedException {
        int u = random.nextInt(USERS);
        String id = "w-" + requests++;
        Map<String, Integer> shown = new HashMap<>();
        while (shown.size() < SHOWN) {
            int i = random.nextInt(ITEMS);
            shown.put("i" + i, i);
        }
        RankAnswer answer = service.rank(id, "u" + u, shown.keySet().toArray(new String[0]));
        List<Event> events = new ArrayList<>();
        for (RankAnswer.Ranked ranked : answer.items()) {
            int i = Objects.requireNonNull(shown.get(ranked.item()));
            boolean liked = random.nextDouble() < truth(u, i) != flips;
            String event = id + "-" + ranked.item();
            events.add(new Event(event, liked ? "like" : "dislike", id, ranked.item(), null, null));
            long sample = SampleIds.of(MODEL, id, ranked.item(), 0);
            acted++;
            if (flips) {
                flippedIds.add(sample);
            }
        }
        service.client.events(events);
    }

    /** Mean cross entropy of the served scores with the hidden probabilities, over every person and item. */
    double servedLoss() throws InterruptedException {
        double sum = 0;
        String[] all = new String[ITEMS];
        for (int i = 0; i < ITEMS; i++) {
            all[i] = "i" + i;
        }
        for (int u = 0; u < USERS; u++) {
            // Nobody acts on it, so nothing is learned of it.
            for (RankAnswer.Ranked ranked :
                    service.rank("look-" + looks++, "u" + u, all).items()) {
                sum += loss(u, Integer.parseInt(ranked.item().substring(1)), ranked.score());
            }
        }
        return sum / USERS / ITEMS;
    }

    private double loss(int u, int i, double p) {
        double q = truth(u, i);
        return -q * Math.log(p) - (1 - q) * Math.log(1 - p);
    }

    /** Waits until the join has emitted everything that was said, and learning has come up to it. */
    void awaitLearned() {
        Awaitility.await().atMost(Service.PATIENCE).until(() -> {
            int emitted = Log.samples(service.bootstrapServers(), MODEL).stream()
                    .mapToInt(SampleBlock::size)
                    .sum();
            return emitted >= acted && caughtUp();
        });
    }

    private boolean caughtUp() throws InterruptedException {
        long learned = service.client.model(MODEL).samplesLearned();
        LockSupport.parkNanos(Duration.ofMillis(500).toNanos());
        return learned > 0 && learned == service.client.model(MODEL).samplesLearned();
    }

    /** The same loss, of weights that learned the whole log but for every sample whose label was flipped. */
    double lossOfARunThatNeverSaw(List<SampleBlock> log) {
        TrainingShard shard = TrainingShard.empty(SPEC.spec(), 1 << 20);
        long offset = 0;
        for (SampleBlock block : log) {
            boolean flipped = false;
            for (int s = 0; s < block.size(); s++) {
                flipped |= flippedIds.contains(block.sampleId(s));
            }
            if (flipped) {
                shard.skip(0, offset++);
            } else {
                shard.learn(0, offset++, block);
            }
        }
        shard.closeBatch(0);
        var table = shard.state().table();
        ServedRows rows = new ServedRows(SPEC.spec());
        Map<Long, Float> weights = new HashMap<>();
        table.forEachRow(row -> rows.serveRows(table, row, (key, served) -> weights.put(key, served[0])));
        double sum = 0;
        for (int u = 0; u < USERS; u++) {
            for (int i = 0; i < ITEMS; i++) {
                sum += loss(u, i, score(weights, u, i));
            }
        }
        return sum / USERS / ITEMS;
    }

    private static double score(Map<Long, Float> weights, int u, int i) {
        Vectorizer vectorizer = new Vectorizer(SPEC.spec());
        Vectorizer.Request hashed = vectorizer.newRequest();
        FeatureVector vector = new FeatureVector();
        vectorizer.request(RawFeatures.of(Map.of("user.id", new FeatureValue.Text("u" + u))), hashed, vector);
        vectorizer.item(RawFeatures.of(Map.of("item.id", new FeatureValue.Text("i" + i))), hashed, vector);
        return LinearModel.sigmoid(
                new LinearModel(SPEC.spec()).logit(vector, 0, vector.size(), 0f, key -> weights.getOrDefault(key, 0f)));
    }
}
