package dev.millrace.ps.redis;

import com.google.protobuf.ByteString;
import dev.millrace.ingest.feature.RawFeatures;
import dev.millrace.ingest.profile.ProfileCodec;
import dev.millrace.ingest.profile.ProfileStore;
import dev.millrace.ingest.profile.ProfilesUnavailable;
import dev.millrace.ingest.proto.LiveRow;
import dev.millrace.ps.serve.WeightsUnavailable;
import io.lettuce.core.KeyScanCursor;
import io.lettuce.core.KeyValue;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanCursor;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Profiles in Redis, for fleets: {@code mr:} and the key of {@link ProfileCodec} to its value, each a string. Whatever is
 * looked up together is one MGET, one round trip; in a cluster one to each node at the same time. What a call wrote is kept
 * as surely as Redis is told to keep it. Safe for many threads.
 *
 * <p>Writes of many keys are all or none on one server; in a cluster, node by node.
 */
public final class RedisProfileStore implements ProfileStore {
    private static final byte[] PREFIX = "mr:".getBytes(StandardCharsets.US_ASCII);
    private static final int SCANNED = 1000;

    private final RedisConfig config;
    private final RedisLink link;

    private RedisProfileStore(RedisConfig config) {
        this.config = config;
        link = new RedisLink(config);
    }

    /** Connects when it is first needed. */
    public static RedisProfileStore open(RedisConfig config) {
        return new RedisProfileStore(config);
    }

    private static byte[] prefixed(byte[] key) {
        byte[] full = Arrays.copyOf(PREFIX, PREFIX.length + key.length);
        System.arraycopy(key, 0, full, PREFIX.length, key.length);
        return full;
    }

    private static byte[] key(Kind kind, String id) {
        return prefixed(ProfileCodec.key(kind, id));
    }

    /** @throws ProfilesUnavailable when Redis does not answer in time */
    private <T> T asked(Duration within, Supplier<Future<T>> command) {
        try {
            return new Waits(within).get(command.get());
        } catch (WeightsUnavailable e) {
            throw new ProfilesUnavailable(String.valueOf(e.getMessage()), e);
        }
    }

    private List<KeyValue<byte[], byte[]>> read(byte[][] keys) {
        return asked(config.read(), () -> link.commands().mget(keys));
    }

    @Override
    public Optional<RawFeatures> get(Kind kind, String id) {
        return read(new byte[][] {key(kind, id)}).getFirst().optional().map(ProfileCodec::decode);
    }

    @Override
    public List<RawFeatures> getAll(Kind kind, List<String> ids) {
        return find(kind, ids, List.of()).profiles();
    }

    @Override
    public Found find(Kind kind, List<String> ids, List<ByteString> live) {
        return findAll(List.of(new Wanted(kind, ids, live))).getFirst();
    }

    @Override
    public List<Found> findAll(List<Wanted> all) {
        List<byte[]> keys = new ArrayList<>();
        for (Wanted wanted : all) {
            wanted.ids().forEach(id -> keys.add(key(wanted.kind(), id)));
            wanted.live().forEach(row -> keys.add(prefixed(row.toByteArray())));
        }
        if (keys.isEmpty()) {
            return all.stream().map(none -> new Found(List.of(), List.of())).toList();
        }
        var values = read(keys.toArray(byte[][]::new)).iterator();
        List<Found> found = new ArrayList<>(all.size());
        for (Wanted wanted : all) {
            List<RawFeatures> profiles = new ArrayList<>(wanted.ids().size());
            for (int i = 0; i < wanted.ids().size(); i++) {
                profiles.add(values.next().optional().map(ProfileCodec::decode).orElse(RawFeatures.EMPTY));
            }
            List<@Nullable LiveRow> rows = new ArrayList<>(wanted.live().size());
            for (int i = 0; i < wanted.live().size(); i++) {
                rows.add(values.next().optional().map(ProfileCodec::row).orElse(null));
            }
            found.add(new Found(profiles, rows));
        }
        return found;
    }

    @Override
    public void putLive(Map<ByteString, @Nullable LiveRow> rows) {
        Map<byte[], byte[]> written = new IdentityHashMap<>();
        List<byte[]> deleted = new ArrayList<>();
        rows.forEach((key, row) -> {
            byte[] full = prefixed(key.toByteArray());
            if (row == null) {
                deleted.add(full);
            } else {
                written.put(full, row.toByteArray());
            }
        });
        write(written);
        if (!deleted.isEmpty()) {
            asked(config.write(), () -> link.commands().del(deleted.toArray(byte[][]::new)));
        }
    }

    private void write(Map<byte[], byte[]> values) {
        if (!values.isEmpty()) {
            asked(config.write(), () -> link.commands().mset(values));
        }
    }

    @Override
    public void put(Kind kind, String id, RawFeatures features) {
        putAll(kind, Map.of(id, features));
    }

    @Override
    public void putAll(Kind kind, Map<String, RawFeatures> profiles) {
        Map<byte[], byte[]> values = new IdentityHashMap<>();
        profiles.forEach((id, features) -> values.put(key(kind, id), ProfileCodec.encode(features)));
        write(values);
    }

    @Override
    public void delete(Kind kind, String id) {
        asked(config.write(), () -> link.commands().del(key(kind, id)));
    }

    @Override
    public void ids(Kind kind, int max, Consumer<String> each) {
        byte[] start = key(kind, "");
        ScanArgs args = ScanArgs.Builder.limit(SCANNED).match(new String(start, StandardCharsets.US_ASCII) + "*");
        ScanCursor at = ScanCursor.INITIAL;
        int told = 0;
        while (!at.isFinished() && told < max) {
            ScanCursor from = at;
            KeyScanCursor<byte[]> page =
                    asked(config.read(), () -> link.commands().scan(from, args));
            for (byte[] key : page.getKeys()) {
                if (told++ < max) {
                    each.accept(new String(key, start.length, key.length - start.length, StandardCharsets.UTF_8));
                }
            }
            at = page;
        }
    }

    @Override
    public boolean isShared() {
        return true;
    }

    @Override
    public void close() {
        link.close();
    }
}
