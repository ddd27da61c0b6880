package dev.millrace.ingest.feature;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.spec.SpecReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class VectorizerTest {
    private static final String SPEC = """
            model: shop
            objective: logistic
            labels: {click: 1}
            rewardWindow: 5s
            slots:
              user: {type: category, from: user.id}
              age: {type: number, from: user.age, bins: [18, 25]}
              likes: {type: categories, from: user.likes}
              genres: {type: categories, from: item.genres}
              title: {type: text, from: item.title}
              price: {type: number, from: item.price, transform: sqrt}
            crosses:
              - [user, age]
              - [user, genres]
            """;

    private final Vectorizer vectorizer = new Vectorizer(SpecReader.parse("test", SPEC));

    private record Feature(long id, float value) {}

    private List<Feature> vector(RawFeatures request, RawFeatures item) {
        FeatureVector out = new FeatureVector();
        Vectorizer.Request hashed = vectorizer.newRequest();
        vectorizer.request(request, hashed, out);
        vectorizer.item(item, hashed, out);
        List<Feature> features = new ArrayList<>();
        for (int i = 0; i < out.size(); i++) {
            features.add(new Feature(out.id(i), out.value(i)));
        }
        return features;
    }

    /** One scratch for all: a kept item's hashes must not be written over by the next item's. */
    @Test
    void keptItemsMakeTheSameVectors() {
        List<RawFeatures> items = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            RawFeatures item = raw(
                    "item.genres",
                    new FeatureValue.Texts(i % 3 != 1 ? List.of("g" + i) : List.of("g" + i, "h" + i % 2)),
                    "item.title",
                    new FeatureValue.Text("title" + i),
                    "item.price",
                    new FeatureValue.Numeric(i));
            items.add(i % 2 == 0 ? item.kept() : item);
        }
        List<Vectorizer> vectorizers = new ArrayList<>(List.of(vectorizer));
        for (String values : List.of("transform: sqrt", "bins: [2, 4]")) {
            for (String crosses : List.of(
                    "[user, genres]",
                    "[user, genres]\n  - [age, genres]",
                    "[user, title]\n  - [likes, genres]\n  - [age, title]",
                    "[genres, user]\n  - [age, genres]\n  - [user, title]\n  - [title, age]",
                    "[user, genres]\n  - [genres, title]",
                    "[user, age, genres]")) {
                vectorizers.add(new Vectorizer(SpecReader.parse(
                        "test", SPEC.replace("transform: sqrt", values).replace("[user, genres]", crosses))));
            }
        }
        for (int round = 0; round < 3; round++) {
            // The last is nobody, whose slots are empty.
            RawFeatures user = round == 2
                    ? RawFeatures.EMPTY
                    : raw(
                            "user.id",
                            new FeatureValue.Text("u" + round),
                            "user.age",
                            new FeatureValue.Numeric(20),
                            "user.likes",
                            new FeatureValue.Texts(List.of("a", "b", "c", "d", "e")));
            for (Vectorizer each : vectorizers) {
                FeatureVector all = new FeatureVector();
                FeatureVector expected = new FeatureVector();
                Vectorizer.Request hashed = each.newRequest();
                each.request(user, hashed, all);
                int shared = all.size();
                for (RawFeatures item : items) {
                    int from = all.size();
                    each.item(item, hashed, all);
                    Vectorizer.Request own = each.newRequest();
                    each.request(user, own, expected);
                    each.item(RawFeatures.of(item.asMap()), own, expected);
                    assertEquals(expected.size() - shared, all.size() - from);
                    for (int f = 0; f < expected.size() - shared; f++) {
                        assertEquals(expected.id(shared + f), all.id(from + f));
                        assertEquals(expected.value(shared + f), all.value(from + f));
                    }
                }
            }
        }
    }

    private static RawFeatures raw(Object... namesAndValues) {
        Map<String, FeatureValue> values = new LinkedHashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            values.put((String) namesAndValues[i], (FeatureValue) namesAndValues[i + 1]);
        }
        return RawFeatures.of(values);
    }

    private static Feature category(String slot, String value) {
        int id = FeatureIds.slot(slot);
        return new Feature(FeatureIds.pack(id, FeatureIds.hash(value, id)), 1f);
    }

    private static long hash(String slot, String value) {
        return FeatureIds.hash(value, FeatureIds.slot(slot));
    }

    @Test
    void writesBiasRequestItemsAndCrossesInOrder() {
        int age = FeatureIds.slot("age");
        long bin = FeatureIds.hash(1, age);
        int userAge = FeatureIds.slot("user*age");
        int userGenres = FeatureIds.slot("user*genres");
        long user = FeatureIds.cross(0, hash("user", "u1"));
        List<Feature> expected = List.of(
                new Feature(FeatureIds.BIAS, 1f),
                category("user", "u1"),
                new Feature(FeatureIds.pack(age, bin), 1f),
                new Feature(FeatureIds.pack(userAge, FeatureIds.cross(user, bin)), 1f),
                category("genres", "Comedy"),
                category("genres", "Drama"),
                category("title", "the"),
                category("title", "net"),
                new Feature(FeatureIds.pack(FeatureIds.slot("price"), Vectorizer.NUMBER_VALUE), 3f),
                new Feature(FeatureIds.pack(userGenres, FeatureIds.cross(user, hash("genres", "Comedy"))), 1f),
                new Feature(FeatureIds.pack(userGenres, FeatureIds.cross(user, hash("genres", "Drama"))), 1f));
        assertEquals(
                expected,
                vector(
                        raw("user.id", new FeatureValue.Text("u1"), "user.age", new FeatureValue.Numeric(18)),
                        raw(
                                "item.genres", new FeatureValue.Texts(List.of("Comedy", "Drama")),
                                "item.title", new FeatureValue.Text("The Net: the (net)"),
                                "item.price", new FeatureValue.Numeric(9))));
    }

    @Test
    void whatIsMissingOrOfAnotherKindMakesNoFeature() {
        assertEquals(List.of(new Feature(FeatureIds.BIAS, 1f)), vector(RawFeatures.EMPTY, RawFeatures.EMPTY));
        assertEquals(
                List.of(new Feature(FeatureIds.BIAS, 1f)),
                vector(raw("user.age", new FeatureValue.Text("old")), RawFeatures.EMPTY));
    }

    @Test
    void aNumberTooLargeForItsSquareCountsAsTheLargest() {
        long price = FeatureIds.pack(FeatureIds.slot("price"), Vectorizer.NUMBER_VALUE);
        for (double huge : new double[] {1e300, Double.POSITIVE_INFINITY}) {
            List<Feature> features = vector(RawFeatures.EMPTY, raw("item.price", new FeatureValue.Numeric(huge)));
            assertEquals(List.of(new Feature(FeatureIds.BIAS, 1f), new Feature(price, 1e9f)), features);
        }
    }

    @Test
    void itemsOfOneRequestDoNotLeakIntoEachOther() {
        FeatureVector out = new FeatureVector();
        Vectorizer.Request hashed = vectorizer.newRequest();
        RawFeatures request = raw("user.id", new FeatureValue.Text("u1"));
        vectorizer.request(request, hashed, out);
        int shared = out.size();
        vectorizer.item(raw("item.genres", new FeatureValue.Texts(List.of("A", "B"))), hashed, out);
        out.truncate(shared);
        vectorizer.item(raw("item.genres", new FeatureValue.Texts(List.of("C"))), hashed, out);
        assertEquals(
                vector(request, raw("item.genres", new FeatureValue.Texts(List.of("C"))))
                        .size(),
                out.size());
        assertEquals(category("genres", "C").id(), out.id(shared));
    }

    @Test
    void codecGivesBackWhatWasServed() {
        RawFeatures features = raw(
                "item.genres", new FeatureValue.Texts(List.of("A")),
                "item.title", new FeatureValue.Text("t"),
                "item.price", new FeatureValue.Numeric(2.5));
        var dictionary = new FeatureCodec.Dictionary();
        var encoded = FeatureCodec.encode(features, dictionary);
        List<String> names = new ArrayList<>();
        dictionary.names().forEach(names::add);
        assertEquals(features, FeatureCodec.decode(encoded, names));
    }

    /** One attribute after the other, as bytes: the same bits as from maps. */
    @Test
    void rowsOfBytesMakeTheSameVectors() {
        Vectorizer.Row row = vectorizer.newRow();
        for (int round = 0; round < 2; round++) {
            row.clear();
            give(row, "user.id", "u1");
            row.number(attribute("user.age"), 20);
            give(row, "item.genres", "Comedy");
            give(row, "item.genres", "Dramé");
            give(row, "item.title", "The Big, the bad");
            give(row, "item.title", "Big again");
            row.numeric(attribute("item.price"), 9);
            FeatureVector out = row.vector();
            List<Feature> features = new ArrayList<>();
            for (int i = 0; i < out.size(); i++) {
                features.add(new Feature(out.id(i), out.value(i)));
            }
            assertEquals(
                    vector(
                            raw("user.id", new FeatureValue.Text("u1"), "user.age", new FeatureValue.Numeric(20)),
                            raw(
                                    "item.genres",
                                    new FeatureValue.Texts(List.of("Comedy", "Dramé")),
                                    "item.title",
                                    new FeatureValue.Texts(List.of("The Big, the bad", "Big again")),
                                    "item.price",
                                    new FeatureValue.Numeric(9))),
                    features);
        }
    }

    private int attribute(String name) {
        return vectorizer.attributes().indexOf(name);
    }

    private void give(Vectorizer.Row row, String attribute, String text) {
        byte[] bytes = ("(" + text + ")").getBytes(StandardCharsets.UTF_8);
        row.text(attribute(attribute), bytes, 1, bytes.length - 1);
    }
}
