package dev.millrace.ingest.feature;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.proto.Impression;
import dev.millrace.ingest.proto.ShownItem;
import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.sample.SampleBlockBuilder;
import dev.millrace.ingest.spec.SpecReader;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CanaryTest {
    private final Vectorizer vectorizer = new Vectorizer(SpecReader.parse("s", """
            model: s
            objective: logistic
            labels: {like: 1}
            rewardWindow: 1s
            slots:
              user: {type: category, from: user.id}
              item: {type: category, from: item.id}
            crosses: [[user, item]]
            """));

    private static RawFeatures request(double number) {
        return RawFeatures.of(
                Map.of("user.id", new FeatureValue.Text("u"), Canary.ATTRIBUTE, new FeatureValue.Numeric(number)));
    }

    @Test
    void itsVectorIsOneFeatureOfItsOwnServedAndLearned() {
        FeatureVector served = new FeatureVector();
        Vectorizer.Request scratch = vectorizer.newRequest();
        vectorizer.request(request(70), scratch, served);
        vectorizer.item(RawFeatures.of(Map.of("item.id", new FeatureValue.Text("i"))), scratch, served);
        assertEquals(1, served.size());
        assertEquals(FeatureIds.canary(70), served.id(0));
        assertTrue(FeatureIds.isCanary(served.id(0)));
        var dictionary = new FeatureCodec.Dictionary();
        Impression.Builder impression = Impression.newBuilder()
                .setRequestId("r")
                .setUser("u")
                .addItems(ShownItem.newBuilder().setItem(Canary.ITEM))
                .setFeatures(FeatureCodec.encode(request(70), dictionary))
                .addAllNames(dictionary.names());
        byte[] bytes = impression.build().toByteArray();
        EncodedImpression encoded =
                EncodedImpression.check(bytes, 0, bytes.length).orElseThrow();
        assertTrue(Canary.is(encoded));
        FeatureVector learned = new FeatureVector();
        ImpressionVectorizer rows = new ImpressionVectorizer(vectorizer);
        rows.request(encoded, learned);
        rows.item(encoded, 0, learned);
        assertEquals(1, learned.size());
        assertEquals(served.id(0), learned.id(0));
        SampleBlockBuilder builder = new SampleBlockBuilder();
        builder.add(new SampleBlockBuilder.Meta(1, 1, 1, 1, 1, 1, 0.5f, 1, 1), learned);
        SampleBlock block = builder.build(new SampleBlock.Header("s", 1, 1, 1));
        assertTrue(block.isCanary(0));
    }

    @Test
    void nobodyElseIsOne() {
        FeatureVector vector = new FeatureVector();
        Vectorizer.Request scratch = vectorizer.newRequest();
        vectorizer.request(request(1), scratch, vector);
        vectorizer.request(RawFeatures.of(Map.of("user.id", new FeatureValue.Text("u"))), scratch, vector);
        vectorizer.item(RawFeatures.of(Map.of("item.id", new FeatureValue.Text("i"))), scratch, vector);
        assertEquals(4, vector.size());
        for (int i = 0; i < vector.size(); i++) {
            assertFalse(FeatureIds.isCanary(vector.id(i)));
        }
        assertFalse(FeatureIds.isDense(FeatureIds.canary(63)) || FeatureIds.isDenseState(FeatureIds.canary(63)));
    }
}
