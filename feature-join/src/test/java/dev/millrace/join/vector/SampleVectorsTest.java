package dev.millrace.join.vector;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ingest.feature.FeatureCodec;
import dev.millrace.ingest.feature.FeatureValue;
import dev.millrace.ingest.feature.FeatureVector;
import dev.millrace.ingest.feature.RawFeatures;
import dev.millrace.ingest.feature.Vectorizer;
import dev.millrace.ingest.id.SampleIds;
import dev.millrace.ingest.proto.Features;
import dev.millrace.ingest.proto.Impression;
import dev.millrace.ingest.proto.OtherScores;
import dev.millrace.ingest.proto.ShownItem;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.SpecReader;
import dev.millrace.join.Events;
import dev.millrace.join.match.Label;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SampleVectorsTest {
    private static final RawFeatures REQUEST = RawFeatures.of(Map.of(
            "user.id", new FeatureValue.Text("u"),
            "user.age", new FeatureValue.Numeric(24),
            "context.device", new FeatureValue.Text("phone")));
    private static final RawFeatures FIRST = RawFeatures.of(Map.of(
            "item.id", new FeatureValue.Text("a"),
            "item.genres", new FeatureValue.Texts(List.of("Comedy", "Drama")),
            "item.price", new FeatureValue.Numeric(3.5)));
    private static final RawFeatures SECOND = RawFeatures.of(Map.of("item.id", new FeatureValue.Text("b")));

    private static Impression served() {
        FeatureCodec.Dictionary names = new FeatureCodec.Dictionary();
        Impression.Builder out = Impression.newBuilder()
                .setRequestId("r")
                .setModel("m")
                .setUser("u")
                .setModelVersion(7)
                .setFeatures(FeatureCodec.encode(REQUEST, names))
                .addItems(ShownItem.newBuilder()
                        .setItem("a")
                        .setScore(0.75f)
                        .setFeatures(FeatureCodec.encode(FIRST, names)))
                .addItems(ShownItem.newBuilder()
                        .setItem("b")
                        .setScore(0.5f)
                        .setFeatures(FeatureCodec.encode(SECOND, names)));
        names.names().forEach(out::addNames);
        return out.build();
    }

    /** As serving makes it. */
    private static List<String> scored(RawFeatures item) {
        Vectorizer vectorizer = new Vectorizer(Events.spec());
        Vectorizer.Request scratch = vectorizer.newRequest();
        FeatureVector vector = new FeatureVector();
        vectorizer.request(REQUEST, scratch, vector);
        vectorizer.item(item, scratch, vector);
        return features(vector);
    }

    private static List<String> features(FeatureVector vector) {
        List<String> features = new ArrayList<>();
        for (int i = 0; i < vector.size(); i++) {
            features.add(vector.id(i) + ":" + vector.value(i));
        }
        return features;
    }

    private static List<Sample> samples(Impression impression) {
        return samples(Events.spec(), impression);
    }

    /** Of a model that learns from m. */
    private static List<Sample> samplesOf(String model, String more, Impression impression) {
        String spec = """
                model: %s
                learnsFrom: m
                %s
                objective: logistic
                labels: {like: 1}
                rewardWindow: 5s
                slots: {user: {type: category, from: user.id}}
                """.formatted(model, more);
        return samples(SpecReader.parse(model, spec), impression);
    }

    private static List<Sample> samples(ModelSpec spec, Impression impression) {
        List<Sample> samples = new ArrayList<>();
        long like = SampleIds.ofAction("e1");
        List<Label> labels = List.of(Label.of(1, 1f, like, 1_500), Label.of(0, 0f, Label.NO_ACTION, 2_000));
        new SampleVectors(spec).samples(Events.encoded(impression), labels, samples::add);
        return samples;
    }

    @Test
    void theVectorOfASampleEqualsTheVectorThatWasScored() {
        List<Sample> samples = samples(served());
        assertEquals(scored(SECOND), features(samples.get(0).vector()));
        assertEquals(scored(FIRST), features(samples.get(1).vector()));
        assertTrue(samples.get(1).vector().size() > samples.get(0).vector().size());
    }

    @Test
    void idsBesideTheFeaturesServeWhereTheFeaturesDoNotNameThem() {
        Impression full = served();
        Impression.Builder bare = full.toBuilder().setFeatures(without(full.getFeatures(), full, "user.id"));
        bare.setItems(
                0,
                full.getItems(0).toBuilder()
                        .setFeatures(without(full.getItems(0).getFeatures(), full, "item.id")));
        assertEquals(
                features(samples(full).get(1).vector()),
                features(samples(bare.build()).get(1).vector()));
    }

    private static Features without(Features features, Impression impression, String name) {
        Features.Builder out = Features.newBuilder();
        for (int i = 0; i < features.getNamesCount(); i++) {
            if (!impression.getNames(features.getNames(i)).equals(name)) {
                out.addNames(features.getNames(i)).addValues(features.getValues(i));
            }
        }
        return out.build();
    }

    @Test
    void aSampleSaysWhatWasServedAndWhatSettledIt() {
        Sample liked = samples(served()).get(0);
        assertEquals("m", liked.model());
        assertEquals(SampleIds.of("m", "r", "b", 0), liked.meta().sampleId());
        assertEquals(SampleIds.ofRequest("r"), liked.meta().requestHash());
        assertEquals(SampleIds.ofAction("e1"), liked.meta().actionHash());
        assertEquals(1f, liked.meta().label());
        assertEquals(1f, liked.meta().weight());
        assertEquals(1f, liked.meta().keepRate());
        assertEquals(0.5f, liked.meta().servedScore());
        assertEquals(7, liked.meta().modelVersion());
        assertEquals(1_500, liked.meta().eventTimeMs());
        assertEquals(0, samples(served()).get(1).meta().actionHash());
    }

    /** The score is the model's own, or none: its quality and its gate are not another's. */
    @Test
    void anArmsSampleHasTheArmsScore() {
        Impression shown = served().toBuilder()
                .addOthers(OtherScores.newBuilder()
                        .setModel("arm")
                        .setModelVersion(8)
                        .addScores(.9f)
                        .addScores(.8f))
                .build();
        Sample arm = samplesOf("arm", "", shown).get(0);
        assertEquals(.8f, arm.meta().servedScore());
        assertEquals(8, arm.meta().modelVersion());
        Sample stranger = samplesOf("stranger", "", shown).get(0);
        assertEquals(Float.NaN, stranger.meta().servedScore());
        assertEquals(0, stranger.meta().modelVersion());
    }

    @Test
    void aModelOfASegmentLearnsFromNoOthers() {
        assertEquals(
                2,
                samplesOf("s", "segment: {by: user.age, values: [24]}", served())
                        .size());
        assertEquals(
                0,
                samplesOf("s", "segment: {by: user.age, values: [25]}", served())
                        .size());
        assertEquals(
                0,
                samplesOf("s", "segment: {by: user.country, values: [de]}", served())
                        .size());
        assertEquals(
                2,
                samplesOf("s", "segment: {by: context.device, values: [tv, phone]}", served())
                        .size());
    }
}
