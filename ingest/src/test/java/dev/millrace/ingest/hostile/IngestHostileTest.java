package dev.millrace.ingest.hostile;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.millrace.ingest.feature.EncodedEnvelope;
import dev.millrace.ingest.feature.FeatureVector;
import dev.millrace.ingest.feature.ImpressionVectorizer;
import dev.millrace.ingest.feature.Vectorizer;
import dev.millrace.ingest.proto.Envelope;
import dev.millrace.ingest.proto.Exploration;
import dev.millrace.ingest.proto.Features;
import dev.millrace.ingest.proto.Impression;
import dev.millrace.ingest.proto.ShownItem;
import dev.millrace.ingest.proto.Value;
import dev.millrace.ingest.sample.SampleBlockCodec;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.SpecException;
import dev.millrace.ingest.spec.SpecReader;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Parsers of specs, of the log's records and of sample blocks, given {@link Hostile} bytes. */
class IngestHostileTest {
    private static final int RUNS = 10_000;
    private static final String YAML = """
            model: shop
            objective: logistic
            labels: {click: 1, skip: 0, watch: {perUnit: 0.5, atMost: 20}, unwatch: {undoes: watch}}
            aggregate: sum
            rewardWindow: 5s
            slots:
              user: {type: category, from: user.id, minCount: 3, expireAfter: 30d}
              age: {type: number, from: user.age, bins: [18, 25.5]}
              price: {type: number, from: item.price, transform: log1p, standardize: true}
              liked: {type: categories, from: user.liked, crossedOnly: true}
            crosses: [[user, age], {slots: [liked, age], minCount: 2}]
            realtime:
              liked: {last: [click], length: 20}
              ctr: {rate: [click], per: [shown], of: item, by: user.country, windows: [1h, 1d], prior: 0.05, strength: 20}
            optimizer: {type: ftrl, alpha: 0.2, beta: 1, l1: 0.5, l2: 0}
            network: {type: deepfm, slots: [user, age], dim: 4, hidden: [8, 4], embeddings: {type: adam, rate: 0.1}}
            explore: {epsilon: 0.1, shuffle: {top: 3, rate: 0.2}}
            policies: {absence: drop, delay: wait, late: correct, lateness: 2m, keepNegatives: 0.1, maxRows: 1000}
            """;
    private static final String BOMB = "a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\nmodel: *c\n" + "[".repeat(300);
    private static final ModelSpec SPEC = SpecReader.parse("hostile", YAML);

    static final Hostile.Target SPECS = Hostile.Target.of(
            bytes -> SpecReader.parse("hostile", new String(bytes, UTF_8)),
            List.of(YAML.getBytes(UTF_8), BOMB.getBytes(UTF_8)),
            SpecException.class);

    static final Hostile.Target IMPRESSIONS = Hostile.Target.of(IngestHostileTest::vectorize, List.of(impression()));

    static final Hostile.Target BLOCKS = Hostile.Target.of(
            SampleBlockCodec::decode,
            List.of(
                    Hostile.fossil(SampleBlockCodec.class, "sample-block-v1.bin"),
                    Hostile.fossil(SampleBlockCodec.class, "sample-block-v2-plain.bin"),
                    Hostile.fossil(SampleBlockCodec.class, "sample-block-v2-flags.bin")),
            IllegalArgumentException.class);

    private static byte[] impression() {
        Features features = Features.newBuilder()
                .addNames(0)
                .addNames(1)
                .addValues(Value.newBuilder().setNumber(3))
                .addValues(Value.newBuilder().setText("anna"))
                .build();
        Impression.Builder impression = Impression.newBuilder()
                .setRequestId("r")
                .setModel("shop")
                .setUser("anna")
                .setTimeMs(1_000)
                .addNames("user.age")
                .addNames("user.id")
                .addNames("item.price")
                .setFeatures(features)
                .setExploration(Exploration.newBuilder()
                        .setCandidates(4)
                        .addBestScores(.5f)
                        .addBestScores(.25f));
        for (int i = 0; i < 3; i++) {
            impression.addItems(ShownItem.newBuilder()
                    .setItem("i" + i)
                    .setScore(.5f)
                    .setPropensity(.25f)
                    .setBestPlace(1 + i)
                    .setFeatures(Features.newBuilder()
                            .addNames(2)
                            .addValues(Value.newBuilder().setNumber(i))));
        }
        return Envelope.newBuilder().setImpression(impression).build().toByteArray();
    }

    /** What is taken can be read by protobuf too, and made into vectors. */
    private static void vectorize(byte[] bytes) throws Exception {
        var taken = EncodedEnvelope.impression(bytes);
        if (taken.isPresent()) {
            Impression read = Envelope.parseFrom(bytes).getImpression();
            if (!read.getRequestId().equals(taken.get().requestId())
                    || read.getItemsCount() != taken.get().items()) {
                throw new IllegalStateException("read in two ways");
            }
            ImpressionVectorizer vectorizer = new ImpressionVectorizer(new Vectorizer(SPEC));
            FeatureVector out = new FeatureVector();
            vectorizer.request(taken.get(), out);
            for (int i = 0; i < taken.get().items(); i++) {
                vectorizer.item(taken.get(), i, out);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2})
    void everythingIsReadOrRefused(long seed) {
        Hostile.attack(SPECS, seed, RUNS / 5);
        Hostile.attack(IMPRESSIONS, seed, RUNS);
        Hostile.attack(BLOCKS, seed, RUNS);
    }
}
