package dev.millrace.ingest.profile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import dev.millrace.ingest.feature.FeatureValue;
import dev.millrace.ingest.feature.FeatureValue.Numeric;
import dev.millrace.ingest.feature.FeatureValue.Texts;
import dev.millrace.ingest.spec.SpecReader;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LiveFeaturesTest {
    private static final LiveFeatures FEATURES = new LiveFeatures(SpecReader.parse("shop", """
            model: shop
            objective: logistic
            labels: {click: 1}
            rewardWindow: 5s
            slots: {item: {type: category, from: item.id}}
            realtime:
              liked: {last: [like]}
              ctr: {rate: [click], per: [shown], of: item, windows: [1h], prior: 0.2}
              there: {rate: [click], per: [shown], of: item, by: user.places, windows: [1h], prior: 0.3}
            """));

    @Test
    void withoutRowsThereAreTheEmptyListAndThePriors() {
        Map<String, FeatureValue> user = new HashMap<>();
        FEATURES.user(Arrays.asList((dev.millrace.ingest.proto.LiveRow) null), 0, user);
        assertEquals(Map.of("user.liked", new Texts(List.of())), user);
        Map<String, List<String>> places = FEATURES.segments(Map.of("user.places", new Texts(List.of("x", "y"))));
        assertEquals(3, FEATURES.itemKeys("a", places).size());
        Map<String, FeatureValue> item = new HashMap<>();
        FEATURES.item(Arrays.asList(null, null, null), places, 0, item);
        assertEquals(Map.of("item.ctr_1h", new Numeric(0.2), "item.there_1h", new Numeric(0.3)), item);
    }

    @Test
    void whoHasNoSegmentHasNoneOfItsAttributes() {
        Map<String, List<String>> none = FEATURES.segments(Map.of());
        Map<String, FeatureValue> item = new HashMap<>();
        FEATURES.item(Arrays.asList((dev.millrace.ingest.proto.LiveRow) null), none, 0, item);
        assertEquals(Map.of("item.ctr_1h", new Numeric(0.2)), item);
    }

    @Test
    void onlyTheFirstSegmentsCount() {
        List<String> many =
                java.util.stream.IntStream.range(0, 20).mapToObj(i -> "s" + i).toList();
        assertEquals(
                many.subList(0, 8),
                FEATURES.segments(Map.of("user.places", new Texts(many))).get("user.places"));
    }

    @Test
    void keysNeverRunIntoEachOther() {
        assertNotEquals(FEATURES.segmentKey("a", "user.b", "c"), FEATURES.segmentKey("a", "user.bc", ""));
        assertNotEquals(FEATURES.itemKey("a"), FEATURES.userKey("a"));
        assertNotEquals(
                LiveKeys.of("m", ProfileStore.Kind.USER, "x".repeat(200)),
                LiveKeys.of("m", ProfileStore.Kind.USER, "x".repeat(72)));
    }
}
