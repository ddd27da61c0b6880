package dev.millrace.ingest.profile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import dev.millrace.ingest.feature.FeatureValue;
import dev.millrace.ingest.feature.FeatureValue.Numeric;
import dev.millrace.ingest.feature.FeatureValue.Text;
import dev.millrace.ingest.feature.RawFeatures;
import dev.millrace.ingest.profile.ProfileStore.Kind;
import dev.millrace.ingest.proto.LivePosition;
import dev.millrace.ingest.proto.LiveRow;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServedProfilesTest {
    private static final Duration MAX_AGE = Duration.ofSeconds(1);

    @TempDir
    Path dir;

    private RocksDbProfileStore store;
    private ServedProfiles served;
    private long nowNs;

    @BeforeEach
    void open() {
        store = RocksDbProfileStore.open(dir);
        served = new ServedProfiles(store, new ServedProfiles.Config(100, 100, MAX_AGE), () -> nowNs);
    }

    @AfterEach
    void close() {
        served.close();
    }

    private static RawFeatures price(double price) {
        return RawFeatures.of(Map.of("item.price", new Numeric(price)));
    }

    private static Map<String, FeatureValue> priced(String id, double price) {
        return Map.of("item.price", new Numeric(price), "item.id", new Text(id));
    }

    private ProfileStore.Found served(List<String> ids, List<ByteString> live) {
        return served.served(List.of(new ProfileStore.Wanted(Kind.ITEM, ids, live)))
                .get(0);
    }

    private RawFeatures item(String id) {
        return served(List.of(id), List.of()).profiles().get(0);
    }

    @Test
    void aProfileHasItsIdAndIsKept() {
        store.put(Kind.ITEM, "a", price(1));
        RawFeatures first = item("a");
        assertEquals(priced("a", 1), first.asMap());
        assertSame(first, item("a"));
        assertEquals(Map.of("item.id", new Text("nobody")), item("nobody").asMap());
    }

    @Test
    void whatIsWrittenThroughItIsReadAtOnce() {
        assertEquals(Map.of("item.id", new Text("a")), item("a").asMap());
        served.put(Kind.ITEM, "a", price(1));
        assertEquals(priced("a", 1), item("a").asMap());
        served.put(Kind.ITEM, "a", price(2));
        assertEquals(priced("a", 2), item("a").asMap());
    }

    @Test
    void whatOthersWriteIsReadWhenItIsOld() {
        store.put(Kind.ITEM, "a", price(1));
        RawFeatures first = item("a");
        store.put(Kind.ITEM, "a", price(2));
        nowNs = MAX_AGE.toNanos() / 2;
        assertSame(first, item("a"));
        nowNs = MAX_AGE.toNanos() + 1;
        RawFeatures second = item("a");
        assertEquals(priced("a", 2), second.asMap());
        nowNs += MAX_AGE.toNanos() + 1;
        assertSame(second, item("a"), "read again, and the same");
    }

    /** A second of age: due after a quarter to a half of it, too old after three quarters to all of it. */
    @Test
    void whatIsAskedForAgainIsReadBeforeItIsTooOldByNobodyWhoWaits() {
        List<Runnable> work = new ArrayList<>();
        int[] reads = new int[1];
        ProfileStore counted = new ForwardingStore(store) {
            @Override
            public List<Found> findAll(List<Wanted> all) {
                reads[0]++;
                return super.findAll(all);
            }
        };
        served = new ServedProfiles(counted, new ServedProfiles.Config(100, 100, MAX_AGE), () -> nowNs, work::add);
        List<String> ids = IntStream.range(0, 20).mapToObj(i -> "i" + i).toList();
        ids.forEach(id -> store.put(Kind.ITEM, id, price(1)));
        served(ids, List.of());
        assertEquals(1, reads[0]);
        ids.forEach(id -> store.put(Kind.ITEM, id, price(2)));
        nowNs = MAX_AGE.toNanos() / 4 - 1;
        served(ids, List.of());
        assertEquals(0, work.size(), "none is due");
        nowNs = MAX_AGE.toNanos() / 2 + 1;
        assertEquals(priced("i0", 1), served(ids, List.of()).profiles().get(0).asMap(), "nobody waits");
        served(ids, List.of());
        assertEquals(1, work.size(), "one reading for all");
        assertEquals(1, reads[0]);
        work.remove(0).run();
        assertEquals(2, reads[0]);
        nowNs = MAX_AGE.toNanos() + 1;
        for (int i = 0; i < 20; i++) {
            assertEquals(priced("i" + i, 2), item("i" + i).asMap());
        }
        assertEquals(2, reads[0], "what was read again is not too old");
        work.clear();
        nowNs += MAX_AGE.toNanos();
        item("i0");
        assertEquals(3, reads[0], "what nobody asked for meanwhile is read by whoever asks");
    }

    @Test
    void someOfARequestAreInMemoryAndSomeNot() {
        IntStream.range(0, 20).forEach(i -> store.put(Kind.ITEM, "i" + i, price(i)));
        item("i3");
        item("i7");
        List<String> ids = IntStream.range(0, 20).mapToObj(i -> "i" + i).toList();
        List<RawFeatures> all = served(ids, List.of()).profiles();
        for (int i = 0; i < 20; i++) {
            assertEquals(priced("i" + i, i), all.get(i).asMap());
        }
    }

    @Test
    void realTimeRowsAreAlwaysTheStores() {
        ByteString key = LiveKeys.of("m", Kind.ITEM, "a");
        item("a");
        LiveRow row = LiveRow.newBuilder()
                .addPositions(LivePosition.newBuilder().setOffset(5))
                .build();
        store.putLive(Map.of(key, row));
        assertEquals(List.of(row), served(List.of("a"), List.of(key)).rows());
    }

    @Test
    void itIsBounded() {
        int many = 10_000;
        ProfileCache cache = new ProfileCache(100, MAX_AGE);
        IntStream.range(0, many).forEach(i -> cache.put("i" + i, price(i), 0));
        long kept =
                IntStream.range(0, many).filter(i -> cache.any("i" + i) != null).count();
        assertTrue(kept > 50 && kept <= 128, kept + " are kept");
    }

    /** A value that was read before a write must not be there after it. */
    @Test
    void noReaderBringsBackWhatWasOverwritten() throws InterruptedException {
        AtomicBoolean done = new AtomicBoolean();
        Thread reader = new Thread(() -> {
            while (!done.get()) {
                item("a");
            }
        });
        reader.start();
        for (int i = 0; i < 3000; i++) {
            served.put(Kind.ITEM, "a", price(i));
            assertEquals(priced("a", i), item("a").asMap());
        }
        done.set(true);
        reader.join();
    }

    /** What is known stays, however old; who fails is left alone for a while, then asked again. */
    @Test
    void whileTheStoreCannotBeHadWhatIsKnownIsServedAndMarked() {
        boolean[] down = new boolean[1];
        int[] asked = new int[1];
        ProfileStore flapping = new ForwardingStore(store) {
            @Override
            public List<Found> findAll(List<Wanted> all) {
                asked[0]++;
                if (down[0]) {
                    throw new ProfilesUnavailable("down", new IllegalStateException());
                }
                return super.findAll(all);
            }
        };
        served = new ServedProfiles(flapping, new ServedProfiles.Config(100, 100, MAX_AGE), () -> nowNs);
        store.put(Kind.ITEM, "a", price(1));
        assertFalse(served(List.of("a"), List.of()).degraded());
        down[0] = true;
        nowNs += 2 * MAX_AGE.toNanos();
        for (int i = 0; i < 10; i++) {
            ProfileStore.Found found = served(List.of("a", "b"), List.of());
            assertTrue(found.degraded());
            assertEquals(priced("a", 1), found.profiles().get(0).asMap());
            assertEquals(
                    Map.of("item.id", new Text("b")), found.profiles().get(1).asMap());
        }
        assertEquals(2, asked[0]);
        down[0] = false;
        store.put(Kind.ITEM, "a", price(2));
        nowNs += Duration.ofSeconds(2).toNanos();
        ProfileStore.Found found = served(List.of("a"), List.of());
        assertFalse(found.degraded());
        assertEquals(priced("a", 2), found.profiles().get(0).asMap());
    }
}
