package dev.millrace.ingest.profile;

import com.google.protobuf.ByteString;
import dev.millrace.ingest.feature.RawFeatures;
import dev.millrace.ingest.proto.LiveRow;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A store with the last used profiles in memory, as ranking reads them. What is written through it is read at once; what
 * others write, after {@link Config#maxAge} at the latest. Real-time rows are always the store's.
 *
 * <pre>
 *  field    read by    written by          guard
 *  users,   anybody    anybody             the cache's own; a profile that was read before a write is not kept after it
 *  items
 *  writes   anybody    whoever writes      atomic, before and after each write; held while profiles are put or removed
 * </pre>
 */
public final class ServedProfiles implements ProfileStore {
    private final ProfileStore store;
    private final ProfileCache users;
    private final ProfileCache items;
    private final LongSupplier nanos;
    private final AtomicLong writes = new AtomicLong();

    /**
     * @param users profiles of users in memory
     * @param items profiles of items in memory
     * @param maxAge after which one is read again
     */
    public record Config(int users, int items, Duration maxAge) {
        /** For a store that this process alone writes. */
        public static final Config ALONE = new Config(50_000, 100_000, Duration.ofDays(1));
        /** For one that others write too. */
        public static final Config SHARED = new Config(50_000, 100_000, Duration.ofSeconds(1));

        public Config {
            if (users < 1 || items < 1 || maxAge.isZero() || maxAge.isNegative()) {
                throw new IllegalArgumentException("profiles in memory: users " + users + ", items " + items
                        + ", maxAge " + maxAge + "; each must be more than 0");
            }
        }
    }

    /** @param nanos a clock like {@link System#nanoTime} */
    public ServedProfiles(ProfileStore store, Config config, LongSupplier nanos) {
        this.store = store;
        this.nanos = nanos;
        users = new ProfileCache(config.users(), config.maxAge());
        items = new ProfileCache(config.items(), config.maxAge());
    }

    private ProfileCache cache(Kind kind) {
        return kind == Kind.USER ? users : items;
    }

    /**
     * Profiles that are kept from request to request: what is made of one is made once. No look-up at all when everything
     * is in memory and no real-time row is asked for.
     */
    @Override
    public Found served(Kind kind, List<String> ids, List<ByteString> live) {
        long nowNs = nanos.getAsLong();
        RawFeatures[] found = new RawFeatures[ids.size()];
        int missing = cache(kind).getAll(ids, nowNs, found);
        if (missing == 0 && live.isEmpty()) {
            return new Found(Arrays.asList(found), List.of());
        }
        return new Found(Arrays.asList(found), read(kind, ids, live, missing, nowNs, found));
    }

    private List<@Nullable LiveRow> read(
            Kind kind, List<String> ids, List<ByteString> live, int missing, long nowNs, RawFeatures[] found) {
        List<String> wanted = new ArrayList<>(missing);
        for (int i = 0; i < found.length; i++) {
            if (found[i] == null) {
                wanted.add(ids.get(i));
            }
        }
        int[] wantedAt = new int[missing];
        long before = writes.get();
        Found read = store.served(kind, wanted, live);
        int next = 0;
        for (int i = 0; i < found.length; i++) {
            if (found[i] == null) {
                found[i] = read.profiles().get(next++).kept();
                wantedAt[next - 1] = i;
            }
        }
        synchronized (writes) {
            // What was overwritten since may be the old or the new.
            if (writes.get() == before) {
                for (int i : wantedAt) {
                    cache(kind).put(ids.get(i), found[i], nowNs);
                }
            }
        }
        return read.rows();
    }

    @Override
    public Optional<RawFeatures> get(Kind kind, String id) {
        return store.get(kind, id);
    }

    @Override
    public List<RawFeatures> getAll(Kind kind, List<String> ids) {
        return store.getAll(kind, ids);
    }

    @Override
    public Found find(Kind kind, List<String> ids, List<ByteString> live) {
        return store.find(kind, ids, live);
    }

    @Override
    public void putLive(Map<ByteString, @Nullable LiveRow> rows) {
        store.putLive(rows);
    }

    @Override
    public void put(Kind kind, String id, RawFeatures features) {
        changing(kind, Set.of(id), () -> store.put(kind, id, features));
    }

    @Override
    public void putAll(Kind kind, Map<String, RawFeatures> profiles) {
        changing(kind, profiles.keySet(), () -> store.putAll(kind, profiles));
    }

    @Override
    public void delete(Kind kind, String id) {
        changing(kind, Set.of(id), () -> store.delete(kind, id));
    }

    @Override
    public void ids(Kind kind, int max, Consumer<String> each) {
        store.ids(kind, max, each);
    }

    private void changing(Kind kind, Set<String> ids, Runnable change) {
        writes.incrementAndGet();
        try {
            change.run();
        } finally {
            synchronized (writes) {
                writes.incrementAndGet();
                ids.forEach(cache(kind)::remove);
            }
        }
    }

    /** Closes the store. */
    @Override
    public void close() {
        store.close();
    }
}
