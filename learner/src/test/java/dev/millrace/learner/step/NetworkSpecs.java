package dev.millrace.learner.step;

import dev.millrace.ingest.feature.FeatureVector;
import dev.millrace.ingest.feature.Vectorizer;
import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.sample.SampleBlockBuilder;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.Slot;
import dev.millrace.ingest.spec.SlotType;
import dev.millrace.ingest.spec.SpecReader;
import java.util.Random;
import java.util.stream.Stream;

/** One small spec for each network, and samples of them. */
public final class NetworkSpecs {
    public static final String THREE_SLOTS =
            "slots: {user: {type: category, from: user.id}, item: {type: category, from: item.id},"
                    + " tags: {type: categories, from: item.tags}, price: {type: number, from: item.price, standardize: true}},"
                    + " crosses: [[user, tags]]";
    private static final String TWO_SLOTS =
            "slots: {user: {type: category, from: user.id}, item: {type: category, from: item.id}}";

    private NetworkSpecs() {}

    static Stream<String> networks() {
        return Stream.of(
                "{type: fm, dim: 5, batch: 7, embeddings: {type: sgd, rate: 0.05, l2: 0.01}}",
                "{type: fm, dim: 4, batch: 1, embeddings: {type: adagrad, rate: 0.1, l2: 0.001}}",
                "{type: fwfm, dim: 4, batch: 16, embeddings: {type: rowadagrad, rate: 0.1}}",
                "{type: mf, dim: 6, batch: 1, embeddings: {type: sgd, rate: 0.02, l2: 0.05}}",
                "{type: widedeep, dim: 8, hidden: [24, 10], batch: 32, embeddings: {type: adagrad, rate: 0.05}}",
                "{type: widedeep, dim: 4, hidden: [9], batch: 16, embeddings: {type: adam, rate: 0.01, l2: 0.01},"
                        + " dense: {type: rowadagrad, rate: 0.02}}",
                "{type: deepfm, slots: [user, item, price], dim: 4, hidden: [17], batch: 20, embeddings: {type: adam, rate: 0.01},"
                        + " dense: {type: adagrad, rate: 0.02}}",
                "{type: dcn, dim: 4, hidden: [12], crossLayers: 2, batch: 32, dense: {type: adam, rate: 0.01, l2: 0.001}}",
                "{type: dcn, dim: 4, hidden: [9, 5], crossLayers: 3, crossRank: 3, batch: 13, dense: {type: sgd, rate: 0.05}}");
    }

    public static Stream<String> all() {
        return Stream.concat(networks(), networksOfHeads());
    }

    /** Two probabilities and a value, learned side by side. */
    private static final String HEADS = "{click: {labels: {click: 1}}, like: {labels: {like: 1}, weight: 2},"
            + " watch: {objective: squared, labels: {watch: {perUnit: 1, atMost: 5}}, weight: 0.3}}";

    /** Those of {@link #networks} that have layers, whose outputs several objectives share. */
    static Stream<String> networksOfHeads() {
        return Stream.of(
                "{type: widedeep, dim: 4, hidden: [10, 6], batch: 16, embeddings: {type: adagrad, rate: 0.05}}, heads: "
                        + HEADS,
                "{type: deepfm, dim: 4, hidden: [7], batch: 20, embeddings: {type: adam, rate: 0.01},"
                        + " dense: {type: adagrad, rate: 0.02}}, heads: " + HEADS,
                "{type: dcn, dim: 2, hidden: [6], crossLayers: 2, batch: 12, dense: {type: adam, rate: 0.01}}, heads: "
                        + HEADS);
    }

    public static ModelSpec spec(String network) {
        if (network.contains("heads: ")) {
            return SpecReader.parse(
                    "test",
                    "{model: m, rewardWindow: 1s, %s, optimizer: {alpha: 0.1, l2: 0.1}, score: 'click * (1 + 2 * like) + 0.1 * max(0, watch)', network: %s}"
                            .formatted(THREE_SLOTS, network));
        }
        boolean mf = network.contains("type: mf");
        return SpecReader.parse(
                "test",
                "{model: m, objective: %s, labels: {click: 1}, rewardWindow: 1s, %s, optimizer: {alpha: 0.1, l2: 0.1}, network: %s}"
                        .formatted(mf ? "squared" : "logistic", mf ? TWO_SLOTS : THREE_SLOTS, network));
    }

    /** Samples of up to 30 users, 40 items, 12 tags, and prices. */
    public static SampleBlock samples(ModelSpec spec, Random random, long firstId, int count) {
        SampleBlockBuilder builder = new SampleBlockBuilder();
        for (int i = 0; i < count; i++) {
            int user = random.nextInt(30);
            int item = random.nextInt(40);
            FeatureVector vector = new FeatureVector();
            vector.add(FeatureIds.BIAS, 1f);
            for (Slot slot : spec.slots()) {
                add(slot, user, item, random, vector);
            }
            boolean liked = (user * 7 + item * 3) % 5 < 2;
            float label = spec.network().type() == dev.millrace.ingest.spec.Network.Type.MF
                    ? 1 + (user * 7 + item * 3) % 5
                    : liked ? 1f : 0f;
            boolean several = !spec.heads().isEmpty();
            float weight = several && i % 5 == 0 ? 0f : i % 3 == 0 ? 0.5f : 1f;
            float keepRate = !several && i % 4 == 0 ? 0.5f : 1f;
            builder.add(
                    new SampleBlockBuilder.Meta(
                            firstId + i, i, 0, label, weight, keepRate, 0.5f, 0, 1_000L, (byte) 0, more(spec, i)),
                    vector);
        }
        return builder.build(new SampleBlock.Header("m", spec.fingerprint(), 0, 0));
    }

    /** Labels of the heads after the first, which not every sample has. */
    private static float[] more(ModelSpec spec, int i) {
        float[] more = new float[3 * (spec.heads().labels() - 1)];
        for (int at = 0; at < more.length; at += 3) {
            more[at] = at == 0 ? i % 2 : (i % 7) * 0.5f;
            more[at + 1] = i % 4 == 1 ? 0f : 1f + at;
            more[at + 2] = 0.5f;
        }
        return more;
    }

    private static void add(Slot slot, int user, int item, Random random, FeatureVector vector) {
        int number = FeatureIds.slot(slot.name());
        if (slot.type() == SlotType.NUMBER) {
            vector.add(FeatureIds.pack(number, Vectorizer.NUMBER_VALUE), (float) (10 + 3 * random.nextGaussian()));
        } else if (slot.type() == SlotType.CATEGORIES) {
            for (int t = 0; t < random.nextInt(4); t++) {
                vector.add(FeatureIds.pack(number, 100 + random.nextInt(12)), 1f);
                vector.add(FeatureIds.pack(FeatureIds.slot("user*tags"), 1_000L + user * 12 + t), 1f);
            }
        } else {
            vector.add(FeatureIds.pack(number, 100 + (slot.name().equals("user") ? user : item)), 1f);
        }
    }
}
