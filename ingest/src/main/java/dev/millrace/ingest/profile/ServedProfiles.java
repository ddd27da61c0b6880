package dev.millrace.ingest.profile;

import com.google.protobuf.ByteString;
import dev.millrace.ingest.feature.FeatureValue;
import dev.millrace.ingest.feature.RawFeatures;
import dev.millrace.ingest.proto.LiveRow;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A store with the last used profiles in memory, as ranking reads them. What is written through it is read at once; what
 * others write, after {@link Config#maxAge} at the latest: what is asked for again and again is read again before that, by
 * nobody who waits for it. Real-time rows are always the store's. While the store cannot be
 * had, what is known is served, marked so.
 *
 * <pre>
 *  field    read by    written by          guard
 *  users,   anybody    anybody             the cache's own; a profile that was read before a write is not kept after it
 *  items
 *  failing  anybody    whoever asked       volatile; the time before the flag
 *  writes   anybody    whoever writes      atomic, before and after each write; held while profiles are put or removed
 * </pre>
 */
public final class ServedProfiles implements ProfileStore {
    private static final Logger LOG = LoggerFactory.getLogger(ServedProfiles.class);
    private static final Duration PAUSE = Duration.ofSeconds(1);

    private final ProfileStore store;
    private final ProfileCache users;
    private final ProfileCache items;
    private final LongSupplier nanos;
    private final @Nullable ProfileRefresh refresh;
    private final AtomicLong writes = new AtomicLong();
    private volatile boolean failing;
    private volatile long failedNs;

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

    /** As many as by default, as old as the store allows. */
    public static ServedProfiles of(ProfileStore store, LongSupplier nanos) {
        return store.isShared()
                ? new ServedProfiles(store, Config.SHARED, nanos, ProfileRefresh.ownThread())
                : new ServedProfiles(store, Config.ALONE, nanos);
    }

    /** @param nanos a clock like {@link System#nanoTime} */
    public ServedProfiles(ProfileStore store, Config config, LongSupplier nanos) {
        this(store, config, nanos, null);
    }

    /** @param refresh reads what is due again; null: it is read when it is too old, by whoever asks for it */
    ServedProfiles(ProfileStore store, Config config, LongSupplier nanos, @Nullable Executor refresh) {
        this.refresh = refresh == null ? null : new ProfileRefresh(refresh, this::readAgain);
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
    public List<Found> served(List<Wanted> all) {
        long nowNs = nanos.getAsLong();
        List<RawFeatures[]> found = new ArrayList<>(all.size());
        List<Wanted> missing = new ArrayList<>(all.size());
        boolean complete = true;
        for (Wanted wanted : all) {
            RawFeatures[] known = new RawFeatures[wanted.ids().size()];
            int unknown = cache(wanted.kind()).getAll(wanted.ids(), nowNs, known, due(wanted.kind()));
            found.add(known);
            missing.add(new Wanted(wanted.kind(), unknown == 0 ? List.of() : missing(wanted, known), wanted.live()));
            complete &= unknown == 0 && wanted.live().isEmpty();
        }
        List<Found> served = new ArrayList<>(all.size());
        if (complete) {
            found.forEach(known -> served.add(new Found(Arrays.asList(known), List.of())));
            return served;
        }
        long before = writes.get();
        List<Found> read = asked(missing, nowNs);
        if (read == null) {
            for (int w = 0; w < all.size(); w++) {
                served.add(without(all.get(w), found.get(w)));
            }
            return served;
        }
        for (int w = 0; w < all.size(); w++) {
            fill(found.get(w), read.get(w), missing.get(w), before, nowNs);
            served.add(new Found(Arrays.asList(found.get(w)), read.get(w).rows()));
        }
        return served;
    }

    private @Nullable Predicate<String> due(Kind kind) {
        return refresh == null ? null : id -> refresh.add(kind, id);
    }

    /** What fails stays as it is until it is too old: whoever asks for it then hears of it. */
    private void readAgain(List<Wanted> due) {
        long nowNs = nanos.getAsLong();
        long before = writes.get();
        List<Found> read = asked(due, nowNs);
        if (read != null) {
            for (int w = 0; w < due.size(); w++) {
                var unused = keep(read.get(w), due.get(w), before, nowNs);
            }
        }
        if (read == null || writes.get() != before) {
            due.forEach(wanted -> cache(wanted.kind()).askAgain(wanted.ids()));
        }
    }

    /** Null: it cannot be asked now. Who has just failed is left alone, so that not every request waits for it. */
    private @Nullable List<Found> asked(List<Wanted> missing, long nowNs) {
        if (failing && nowNs - failedNs < PAUSE.toNanos()) {
            return null;
        }
        try {
            List<Found> read = store.served(missing);
            failing = false;
            return read;
        } catch (ProfilesUnavailable e) {
            LOG.warn("profiles cannot be had, ranking goes on without: {}", e.getMessage());
            failedNs = nanos.getAsLong();
            failing = true;
            return null;
        }
    }

    /** What is known, however old; otherwise the id alone. */
    private Found without(Wanted wanted, RawFeatures[] known) {
        for (int i = 0; i < known.length; i++) {
            if (known[i] == null) {
                String id = wanted.ids().get(i);
                RawFeatures old = cache(wanted.kind()).any(id);
                known[i] = old != null
                        ? old
                        : RawFeatures.EMPTY.with(wanted.kind().prefix() + "id", new FeatureValue.Text(id));
            }
        }
        List<@Nullable LiveRow> rows = new ArrayList<>();
        wanted.live().forEach(row -> rows.add(null));
        return new Found(Arrays.asList(known), rows, true);
    }

    private static List<String> missing(Wanted wanted, @Nullable RawFeatures[] known) {
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < known.length; i++) {
            if (known[i] == null) {
                ids.add(wanted.ids().get(i));
            }
        }
        return ids;
    }

    private void fill(RawFeatures[] known, Found read, Wanted missing, long before, long nowNs) {
        RawFeatures[] kept = keep(read, missing, before, nowNs);
        int next = 0;
        for (int i = 0; i < known.length; i++) {
            if (known[i] == null) {
                known[i] = kept[next++];
            }
        }
    }

    private RawFeatures[] keep(Found read, Wanted missing, long before, long nowNs) {
        RawFeatures[] kept = read.profiles().stream().map(RawFeatures::kept).toArray(RawFeatures[]::new);
        synchronized (writes) {
            // What was overwritten since may be the old or the new.
            if (writes.get() == before) {
                for (int i = 0; i < kept.length; i++) {
                    kept[i] = cache(missing.kind()).put(missing.ids().get(i), kept[i], nowNs);
                }
            }
        }
        return kept;
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
    public List<Found> findAll(List<Wanted> all) {
        return store.findAll(all);
    }

    @Override
    public boolean isShared() {
        return store.isShared();
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
