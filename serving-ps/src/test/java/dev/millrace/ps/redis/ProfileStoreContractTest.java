package dev.millrace.ps.redis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import dev.millrace.ingest.feature.FeatureValue;
import dev.millrace.ingest.feature.FeatureValue.Numeric;
import dev.millrace.ingest.feature.FeatureValue.Text;
import dev.millrace.ingest.feature.FeatureValue.Texts;
import dev.millrace.ingest.feature.RawFeatures;
import dev.millrace.ingest.profile.LiveKeys;
import dev.millrace.ingest.profile.ProfileStore;
import dev.millrace.ingest.profile.ProfileStore.Kind;
import dev.millrace.ingest.profile.ProfileStore.Wanted;
import dev.millrace.ingest.profile.ProfilesUnavailable;
import dev.millrace.ingest.profile.RocksDbProfileStore;
import dev.millrace.ingest.profile.ServedProfiles;
import dev.millrace.ingest.proto.LivePosition;
import dev.millrace.ingest.proto.LiveRow;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What every profile store does, and what is served from it. */
class ProfileStoreContractTest {
    private static final RawFeatures ANNA = RawFeatures.of(Map.of(
            "user.age", new Numeric(24), "user.tags", new Texts(List.of("a", "b")), "user.name", new Text("Änna")));
    private static final RawFeatures CHEAP = RawFeatures.of(Map.of("item.price", new Numeric(1)));

    @TempDir
    Path dir;

    private enum Backend {
        ROCKSDB(false, false),
        ROCKSDB_SERVED(false, true),
        REDIS(true, false),
        REDIS_SERVED(true, true);

        private final boolean redis;
        private final boolean served;

        Backend(boolean redis, boolean served) {
            this.redis = redis;
            this.served = served;
        }
    }

    private interface Check {
        void on(ProfileStore store) throws Exception;
    }

    private void check(Backend backend, Check check) throws Exception {
        if (!backend.redis) {
            on(backend, RocksDbProfileStore.open(dir), check);
            return;
        }
        RedisProcess.assumeInstalled();
        try (RedisProcess redis = RedisProcess.start(dir.resolve("redis"))) {
            on(backend, RedisProfileStore.open(redis.config()), check);
        }
    }

    private static void on(Backend backend, ProfileStore store, Check check) throws Exception {
        try (ProfileStore tested = backend.served ? ServedProfiles.of(store, System::nanoTime) : store) {
            check.on(tested);
        }
    }

    private static LiveRow row(long offset) {
        return LiveRow.newBuilder()
                .addPositions(LivePosition.newBuilder().setOffset(offset))
                .build();
    }

    @ParameterizedTest
    @EnumSource
    void putReplacesAndKindsAreApart(Backend backend) throws Exception {
        check(backend, store -> {
            store.put(Kind.USER, "1", ANNA);
            store.put(Kind.ITEM, "1", CHEAP);
            assertEquals(Optional.of(ANNA), store.get(Kind.USER, "1"));
            assertEquals(List.of(RawFeatures.EMPTY, CHEAP), store.getAll(Kind.ITEM, List.of("unknown", "1")));
            store.put(Kind.USER, "1", RawFeatures.EMPTY);
            assertEquals(Optional.of(RawFeatures.EMPTY), store.get(Kind.USER, "1"));
            assertEquals(Optional.empty(), store.get(Kind.ITEM, "unknown"));
        });
    }

    @ParameterizedTest
    @EnumSource
    void manyAreWrittenDeletedAndListed(Backend backend) throws Exception {
        check(backend, store -> {
            Map<String, RawFeatures> many = new HashMap<>();
            for (int i = 0; i < 2500; i++) {
                many.put("é" + i, RawFeatures.of(Map.of("item.price", new Numeric(i))));
            }
            store.putAll(Kind.ITEM, many);
            store.put(Kind.USER, "somebody", ANNA);
            store.delete(Kind.ITEM, "é7");
            store.delete(Kind.ITEM, "nothing");
            many.remove("é7");
            TreeSet<String> listed = new TreeSet<>();
            store.ids(Kind.ITEM, 10_000, listed::add);
            assertEquals(new TreeSet<>(many.keySet()), listed);
            List<String> some = new ArrayList<>();
            store.ids(Kind.ITEM, 10, some::add);
            assertEquals(10, some.size());
            assertEquals(Optional.empty(), store.get(Kind.ITEM, "é7"));
        });
    }

    @ParameterizedTest
    @EnumSource
    void realTimeRowsStandBesideProfiles(Backend backend) throws Exception {
        check(backend, store -> {
            ByteString anna = LiveKeys.of("m", Kind.USER, "anna");
            ByteString item = LiveKeys.of("m", Kind.ITEM, "1");
            ByteString segment = LiveKeys.of("m", "1", "user.gender", "f");
            Map<ByteString, @Nullable LiveRow> rows = new HashMap<>();
            rows.put(anna, row(1));
            rows.put(segment, row(2));
            store.putLive(rows);
            store.put(Kind.ITEM, "1", CHEAP);
            var found = store.find(Kind.ITEM, List.of("1", "2"), List.of(item, segment));
            assertEquals(List.of(CHEAP, RawFeatures.EMPTY), found.profiles());
            assertNull(found.rows().getFirst());
            assertEquals(row(2), found.rows().getLast());
            rows.put(anna, null);
            rows.put(segment, row(3));
            store.putLive(rows);
            var both = store.findAll(List.of(
                    new Wanted(Kind.USER, List.of("anna"), List.of(anna)),
                    new Wanted(Kind.ITEM, List.of("1"), List.of(segment))));
            assertNull(both.getFirst().rows().getFirst());
            assertEquals(List.of(row(3)), both.getLast().rows());
            assertEquals(List.of(CHEAP), both.getLast().profiles());
        });
    }

    @ParameterizedTest
    @EnumSource
    void whatIsServedHasItsId(Backend backend) throws Exception {
        check(backend, store -> {
            store.put(Kind.USER, "anna", ANNA);
            for (int round = 0; round < 2; round++) {
                var served = store.served(List.of(
                        new Wanted(Kind.USER, List.of("anna"), List.of()),
                        new Wanted(Kind.ITEM, List.of("1", "2"), List.of())));
                Map<String, FeatureValue> anna = new HashMap<>(ANNA.asMap());
                anna.put("user.id", new Text("anna"));
                assertEquals(anna, served.getFirst().profiles().getFirst().asMap());
                assertEquals(
                        Map.of("item.id", new Text("2")),
                        served.getLast().profiles().getLast().asMap());
            }
        });
    }

    /** A store that others write is asked again after a second, and left alone while it fails. */
    @ParameterizedTest
    @EnumSource(names = {"REDIS", "REDIS_SERVED"})
    void aRedisThatIsAwayIsToldApartFromAnEmptyOne(Backend backend) throws Exception {
        RedisProcess.assumeInstalled();
        RedisProcess redis = RedisProcess.start(dir.resolve("redis"));
        try {
            on(backend, RedisProfileStore.open(redis.config()), store -> {
                store.put(Kind.ITEM, "1", CHEAP);
                redis.close();
                List<Wanted> wanted = List.of(new Wanted(Kind.ITEM, List.of("1", "2"), List.of()));
                if (backend.served) {
                    assertTrue(store.served(wanted).getFirst().degraded());
                } else {
                    assertThrows(ProfilesUnavailable.class, () -> store.served(wanted));
                }
                assertThrows(ProfilesUnavailable.class, () -> store.put(Kind.ITEM, "2", CHEAP));
            });
        } finally {
            closeQuietly(redis);
        }
    }

    private static void closeQuietly(RedisProcess redis) throws IOException {
        redis.close();
    }
}
