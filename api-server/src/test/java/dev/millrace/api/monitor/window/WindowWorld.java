package dev.millrace.api.monitor.window;

import dev.millrace.api.FixedWeights;
import dev.millrace.ingest.feature.FeatureCodec;
import dev.millrace.ingest.feature.FeatureValue;
import dev.millrace.ingest.feature.FeatureVector;
import dev.millrace.ingest.feature.RawFeatures;
import dev.millrace.ingest.feature.Vectorizer;
import dev.millrace.ingest.id.SampleIds;
import dev.millrace.ingest.proto.Envelope;
import dev.millrace.ingest.proto.Impression;
import dev.millrace.ingest.proto.ShownItem;
import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.sample.SampleBlockBuilder;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.SpecReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Seeded traffic of a shop where clicks are rare: what stands on its log. */
final class WindowWorld {
    static final ModelSpec SPEC = SpecReader.parse("shop", """
            model: shop
            objective: logistic
            labels: {click: 1}
            rewardWindow: 5s
            slots:
              user: {type: category, from: user.id}
              country: {type: category, from: user.country}
              item: {type: category, from: item.id}
              price: {type: number, from: item.price}
            """);
    static final WindowConfig CONFIG = WindowConfig.DEFAULT.withSegments(Map.of("user.country", List.of("DE", "FR")));
    static final WindowModels MODELS = new WindowModels(List.of(FixedWeights.of(SPEC)), CONFIG);
    private static final List<String> COUNTRIES = List.of("DE", "DE", "FR", "SE", "NO");

    private final Random random;
    private final Vectorizer vectorizer = new Vectorizer(SPEC);
    private int requests;

    WindowWorld(long seed) {
        random = new Random(seed);
    }

    /** A block of so many requests of five items each, of the second before. */
    SampleBlock block(int of, long nowMs) {
        SampleBlockBuilder builder = new SampleBlockBuilder();
        for (int r = 0; r < of; r++) {
            String request = "r" + requests++;
            RawFeatures features = RawFeatures.of(Map.of(
                    "user.id", new FeatureValue.Text("u" + random.nextInt(100)),
                    "user.country", new FeatureValue.Text(COUNTRIES.get(random.nextInt(COUNTRIES.size())))));
            long timeMs = nowMs - random.nextInt(1_000);
            for (int i = 0; i < 5; i++) {
                add(builder, request, "i" + i, features, timeMs);
            }
        }
        return builder.build(new SampleBlock.Header("shop", 1, nowMs, nowMs - 1_000));
    }

    private void add(SampleBlockBuilder builder, String request, String item, RawFeatures features, long timeMs) {
        FeatureVector vector = new FeatureVector();
        var scratch = vectorizer.newRequest();
        vectorizer.request(features, scratch, vector);
        vectorizer.item(RawFeatures.of(Map.of("item.id", new FeatureValue.Text(item))), scratch, vector);
        // Most scores are far below 1 %, as those of advertisements.
        double logit = -5.5 + random.nextGaussian();
        float score = (float) (1 / (1 + Math.exp(-logit)));
        boolean click = random.nextDouble() < 1 / (1 + Math.exp(-logit - 2));
        builder.add(
                new SampleBlockBuilder.Meta(
                        SampleIds.of("shop", request, item, 0),
                        SampleIds.ofRequest(request),
                        click ? 1 : 0,
                        click ? 1f : 0f,
                        1f,
                        1f,
                        score,
                        1 + requests / 1_000,
                        timeMs),
                vector);
    }

    /** An impression whose items' prices lie about a mean, some of them missing. */
    byte[] impression(String request, double price, double nulls, long timeMs) {
        var dictionary = new FeatureCodec.Dictionary();
        Impression.Builder impression = Impression.newBuilder()
                .setRequestId(request)
                .setModel("shop")
                .setUser("u" + random.nextInt(100))
                .setTimeMs(timeMs);
        List<ShownItem> items = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            ShownItem.Builder item =
                    ShownItem.newBuilder().setItem("i" + i).setScore((float) (price / 100 * random.nextDouble()));
            if (random.nextDouble() >= nulls) {
                double value = price * (0.5 + random.nextDouble());
                item.setFeatures(FeatureCodec.encode(
                        RawFeatures.of(Map.of("item.price", new FeatureValue.Numeric(value))), dictionary));
            }
            items.add(item.build());
        }
        impression.addAllItems(items).addAllNames(dictionary.names());
        return Envelope.newBuilder().setImpression(impression).build().toByteArray();
    }
}
