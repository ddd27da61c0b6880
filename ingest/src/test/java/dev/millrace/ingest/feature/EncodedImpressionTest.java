package dev.millrace.ingest.feature;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.proto.Exploration;
import dev.millrace.ingest.proto.Exposure;
import dev.millrace.ingest.proto.Features;
import dev.millrace.ingest.proto.Impression;
import dev.millrace.ingest.proto.OtherScores;
import dev.millrace.ingest.proto.ShownItem;
import dev.millrace.ingest.proto.Texts;
import dev.millrace.ingest.proto.Value;
import dev.millrace.ingest.spec.SpecReader;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EncodedImpressionTest {
    private static final List<String> TEXTS = List.of(
            "",
            "a",
            "Comedy",
            "the Net of nets",
            "Überraschung",
            "日本語の長い題名です",
            "\uD83D\uDE00 smile",
            "7",
            "x".repeat(200));
    private static final Vectorizer VECTORIZER = new Vectorizer(SpecReader.parse("test", """
            model: m
            objective: logistic
            labels: {click: 1}
            rewardWindow: 5s
            slots:
              user: {type: category, from: user.id}
              age: {type: number, from: user.age, bins: [18, 25]}
              raw: {type: category, from: user.age}
              device: {type: category, from: context.device}
              item: {type: category, from: item.id}
              genres: {type: categories, from: item.genres}
              title: {type: text, from: item.title}
              price: {type: number, from: item.price, transform: sqrt, bins: [1, 2, 5]}
              priced: {type: category, from: item.price}
              amount: {type: number, from: item.price}
            crosses: [[user, genres], [age, device], [device, title, price]]
            """));
    private static final List<String> SHARED = List.of("user.id", "user.age", "context.device", "user.unused");
    private static final List<String> OF_ITEM =
            List.of("item.id", "item.genres", "item.title", "item.price", "item.no");

    private static FeatureValue value(Random random) {
        return switch (random.nextInt(4)) {
            case 0 -> new FeatureValue.Numeric(random.nextInt(60));
            case 1 -> new FeatureValue.Numeric(random.nextGaussian() * 30);
            case 2 -> new FeatureValue.Text(text(random));
            default -> {
                List<String> texts = new ArrayList<>();
                for (int i = random.nextInt(4); i > 0; i--) {
                    texts.add(text(random));
                }
                yield new FeatureValue.Texts(texts);
            }
        };
    }

    private static String text(Random random) {
        return TEXTS.get(random.nextInt(TEXTS.size()));
    }

    private static RawFeatures features(Random random, List<String> names) {
        Map<String, FeatureValue> values = new LinkedHashMap<>();
        for (String name : names) {
            if (random.nextInt(4) > 0) {
                values.put(name, value(random));
            }
        }
        return RawFeatures.of(values);
    }

    private static List<String> vector(RawFeatures request, RawFeatures item) {
        Vectorizer.Request scratch = VECTORIZER.newRequest();
        FeatureVector out = new FeatureVector();
        VECTORIZER.request(request, scratch, out);
        VECTORIZER.item(item, scratch, out);
        return lines(out);
    }

    private static List<String> lines(FeatureVector vector) {
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < vector.size(); i++) {
            lines.add(vector.id(i) + "=" + vector.value(i));
        }
        return lines;
    }

    private static Impression impression(RawFeatures shared, List<RawFeatures> items) {
        FeatureCodec.Dictionary names = new FeatureCodec.Dictionary();
        Impression.Builder out =
                Impression.newBuilder().setRequestId("r").setModel("m").setTimeMs(1_000);
        out.setFeatures(FeatureCodec.encode(shared, names));
        for (int i = 0; i < items.size(); i++) {
            out.addItems(ShownItem.newBuilder()
                    .setItem("i" + i)
                    .setScore(i)
                    .setFeatures(FeatureCodec.encode(items.get(i), names)));
        }
        names.names().forEach(out::addNames);
        out.setExploration(
                Exploration.newBuilder().setCandidates(7).setMeanScore(.2f).addBestScores(.5f));
        out.setScoredBy("arm").setModelVersion(3);
        out.addOthers(OtherScores.newBuilder().setModel("m").setModelVersion(9).addScores(.25f));
        out.setExposure(Exposure.newBuilder()
                .setExperiment("e")
                .setArm("arm")
                .setShare(.1f)
                .addDrafted(true));
        return out.build();
    }

    private static Optional<EncodedImpression> check(byte[] bytes) {
        return EncodedImpression.check(bytes, 0, bytes.length);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void vectorsFromTheLogsBytesEqualThoseThatWereScored(long seed) {
        Random random = new Random(seed);
        ImpressionVectorizer vectorizer = new ImpressionVectorizer(VECTORIZER);
        FeatureVector out = new FeatureVector();
        for (int n = 0; n < 200; n++) {
            RawFeatures shared = features(random, SHARED);
            List<RawFeatures> items = new ArrayList<>();
            for (int i = random.nextInt(20); i >= 0; i--) {
                items.add(features(random, OF_ITEM));
            }
            EncodedImpression encoded =
                    check(impression(shared, items).toByteArray()).orElseThrow();
            vectorizer.request(encoded, out);
            int common = out.size();
            for (int i = items.size() - 1; i >= 0; i--) {
                out.truncate(common);
                vectorizer.item(encoded, i, out);
                assertEquals(vector(shared, withId(items.get(i), "i" + i)), lines(out), "seed " + seed);
            }
        }
    }

    private static RawFeatures withId(RawFeatures item, String id) {
        Map<String, FeatureValue> values = new LinkedHashMap<>(item.asMap());
        values.putIfAbsent("item.id", new FeatureValue.Text(id));
        return RawFeatures.of(values);
    }

    @Test
    void saysWhatStandsInTheMessage() {
        byte[] bytes = impression(RawFeatures.EMPTY, List.of(RawFeatures.EMPTY, RawFeatures.EMPTY))
                .toByteArray();
        for (EncodedImpression its :
                List.of(check(bytes).orElseThrow(), EncodedImpression.trusted(bytes, 0, bytes.length))) {
            assertEquals("r m 1000 2", its.requestId() + " " + its.model() + " " + its.timeMs() + " " + its.items());
            assertEquals("i1", its.item(1));
            assertEquals(FeatureIds.hash("i1", 5), its.itemHash(1, 5));
            assertEquals(1f, its.score(1));
            assertArrayEquals(bytes, its.toByteArray());
        }
    }

    @Test
    void saysWhatEachModelScored() {
        byte[] bytes = impression(RawFeatures.EMPTY, List.of(RawFeatures.EMPTY, RawFeatures.EMPTY))
                .toByteArray();
        EncodedImpression its = check(bytes).orElseThrow();
        assertEquals(List.of("arm", "m"), its.scorers());
        assertEquals(1f, its.scoreOf("arm", 1));
        assertEquals(3, its.versionOf("arm"));
        assertEquals(.25f, its.scoreOf("m", 0));
        assertEquals(9, its.versionOf("m"));
        assertEquals(Float.NaN, its.scoreOf("m", 1), "it scored the first place alone");
        assertEquals(Float.NaN, its.scoreOf("other", 0));
        assertEquals(.1f, its.exposure().orElseThrow().getShare());
    }

    @Test
    void whatCouldFailLaterIsNotSound() {
        Impression sound =
                impression(RawFeatures.of(Map.of("user.age", new FeatureValue.Numeric(3))), List.of(RawFeatures.EMPTY));
        assertTrue(isTaken(sound.toBuilder()));
        assertFalse(isTaken(sound.toBuilder().clearNames()));
        assertFalse(isTaken(sound.toBuilder().setRequestId("")));
        assertFalse(isTaken(sound.toBuilder().addItems(ShownItem.getDefaultInstance())));
        assertFalse(isTaken(sound.toBuilder().setFeatures(Features.newBuilder().addNames(0))));
        assertFalse(isTaken(sound.toBuilder()
                .setFeatures(Features.newBuilder()
                        .addNames(-1)
                        .addValues(Value.newBuilder().setNumber(1)))));
        assertFalse(isTaken(sound.toBuilder()
                .setFeatures(Features.newBuilder().addNames(0).addValues(Value.getDefaultInstance()))));
    }

    private static boolean isTaken(Impression.Builder impression) {
        return check(impression.build().toByteArray()).isPresent();
    }

    /** Whatever the bytes: what is taken is what protobuf reads, makes sense, and can be vectorized. */
    @ParameterizedTest
    @ValueSource(longs = {11, 12, 13, 14})
    void damagedBytesAreRefusedOrMeanWhatProtobufReads(long seed) throws InvalidProtocolBufferException {
        Random random = new Random(seed);
        ImpressionVectorizer vectorizer = new ImpressionVectorizer(VECTORIZER);
        FeatureVector out = new FeatureVector();
        int taken = 0;
        for (int n = 0; n < 20_000; n++) {
            byte[] bytes = impression(features(random, SHARED), List.of(features(random, OF_ITEM)))
                    .toByteArray();
            for (int hits = 1 + random.nextInt(3); hits > 0; hits--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            Optional<EncodedImpression> encoded = check(bytes);
            if (encoded.isPresent()) {
                taken++;
                Impression read = Impression.parseFrom(bytes);
                assertTrue(isSound(read), "seed " + seed);
                EncodedImpression its = encoded.get();
                assertEquals(read.getRequestId(), its.requestId());
                assertEquals(read.getTimeMs(), its.timeMs());
                assertEquals(read.getItemsCount(), its.items());
                assertEquals(read.getScoredBy().isEmpty() ? read.getModel() : read.getScoredBy(), its.scoredBy());
                for (OtherScores other : read.getOthersList()) {
                    float unused = its.scoreOf(other.getModel(), its.items() - 1);
                }
                assertEquals(read.hasExposure(), its.exposure().isPresent());
                vectorizer.request(its, out);
                for (int i = 0; i < its.items(); i++) {
                    assertEquals(read.getItems(i).getItem(), its.item(i));
                    vectorizer.item(its, i, out);
                }
            }
        }
        assertTrue(taken > 1_000, "taken " + taken);
    }

    /** As the schema defines it. */
    private static boolean isSound(Impression impression) {
        int names = impression.getNamesCount();
        return !impression.getRequestId().isEmpty()
                && isSound(impression.getFeatures(), names)
                && impression.getItemsList().stream()
                        .allMatch(i -> !i.getItem().isEmpty() && isSound(i.getFeatures(), names));
    }

    private static boolean isSound(Features features, int names) {
        return features.getNamesCount() == features.getValuesCount()
                && features.getNamesList().stream().allMatch(name -> name >= 0 && name < names)
                && features.getValuesList().stream().noneMatch(v -> v.getKindCase() == Value.KindCase.KIND_NOT_SET);
    }

    @Test
    void textsOfNothingMakeNothing() {
        Impression.Builder none = impression(RawFeatures.EMPTY, List.of(RawFeatures.EMPTY)).toBuilder()
                .addNames("item.genres");
        none.getItemsBuilder(0)
                .setFeatures(Features.newBuilder()
                        .addNames(0)
                        .addValues(Value.newBuilder().setTexts(Texts.getDefaultInstance())));
        assertTrue(isTaken(none));
    }
}
