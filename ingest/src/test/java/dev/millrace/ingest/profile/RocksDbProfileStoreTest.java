package dev.millrace.ingest.profile;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.ingest.feature.FeatureValue;
import dev.millrace.ingest.feature.RawFeatures;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RocksDbProfileStoreTest {
    private static final RawFeatures ANNA = RawFeatures.of(
            Map.of("user.age", new FeatureValue.Numeric(24), "user.tags", new FeatureValue.Texts(List.of("a", "b"))));

    @TempDir
    Path dir;

    @Test
    void keepsProfilesOverAReopening() {
        try (ProfileStore store = RocksDbProfileStore.open(dir)) {
            store.put(ProfileStore.Kind.USER, "anna", ANNA);
        }
        try (ProfileStore store = RocksDbProfileStore.open(dir)) {
            assertEquals(Optional.of(ANNA), store.get(ProfileStore.Kind.USER, "anna"));
        }
    }

    @Test
    void manyArePutTogetherAndWhatIsDeletedIsGone() {
        try (ProfileStore store = RocksDbProfileStore.open(dir)) {
            store.putAll(ProfileStore.Kind.USER, Map.of("anna", ANNA, "bea", RawFeatures.EMPTY));
            store.put(ProfileStore.Kind.ITEM, "i", ANNA);
            List<String> ids = new ArrayList<>();
            store.ids(ProfileStore.Kind.USER, 10, ids::add);
            assertEquals(List.of("anna", "bea"), ids);
            store.ids(ProfileStore.Kind.USER, 1, ids::add);
            store.ids(ProfileStore.Kind.ITEM, 10, ids::add);
            assertEquals(List.of("anna", "bea", "anna", "i"), ids);
            store.delete(ProfileStore.Kind.ITEM, "anna");
            store.delete(ProfileStore.Kind.USER, "bea");
        }
        try (ProfileStore store = RocksDbProfileStore.open(dir)) {
            assertEquals(Optional.of(ANNA), store.get(ProfileStore.Kind.USER, "anna"));
            assertEquals(Optional.empty(), store.get(ProfileStore.Kind.USER, "bea"));
        }
    }

    @Test
    void putReplacesAndKindsAreApart() {
        RawFeatures other = RawFeatures.of(Map.of("item.title", new FeatureValue.Text("x")));
        try (ProfileStore store = RocksDbProfileStore.open(dir)) {
            store.put(ProfileStore.Kind.USER, "1", ANNA);
            store.put(ProfileStore.Kind.ITEM, "1", other);
            store.put(ProfileStore.Kind.USER, "1", RawFeatures.EMPTY);
            assertEquals(Optional.of(RawFeatures.EMPTY), store.get(ProfileStore.Kind.USER, "1"));
            assertEquals(
                    List.of(RawFeatures.EMPTY, other), store.getAll(ProfileStore.Kind.ITEM, List.of("unknown", "1")));
            assertEquals(Optional.empty(), store.get(ProfileStore.Kind.ITEM, "unknown"));
        }
    }
}
