package dev.millrace.api;

import com.google.protobuf.ByteString;
import dev.millrace.ingest.feature.RawFeatures;
import dev.millrace.ingest.profile.ProfileStore;
import dev.millrace.ingest.profile.ProfilesUnavailable;
import dev.millrace.ingest.proto.LiveRow;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Profiles in a map. */
public final class MemoryProfiles implements ProfileStore {
    private final Map<String, RawFeatures> profiles = new ConcurrentHashMap<>();
    private final Map<ByteString, LiveRow> live = new ConcurrentHashMap<>();
    public volatile boolean down;

    @Override
    public Optional<RawFeatures> get(Kind kind, String id) {
        return Optional.ofNullable(profiles.get(kind + id));
    }

    @Override
    public List<RawFeatures> getAll(Kind kind, List<String> ids) {
        return ids.stream().map(id -> get(kind, id).orElse(RawFeatures.EMPTY)).toList();
    }

    @Override
    public Found find(Kind kind, List<String> ids, List<ByteString> live) {
        if (down) {
            throw new ProfilesUnavailable("they are elsewhere", new IllegalStateException());
        }
        List<@Nullable LiveRow> rows = new ArrayList<>();
        live.forEach(key -> rows.add(this.live.get(key)));
        return new Found(getAll(kind, ids), rows);
    }

    @Override
    public void putLive(Map<ByteString, @Nullable LiveRow> rows) {
        rows.forEach((key, row) -> live.compute(key, (k, known) -> row));
    }

    @Override
    public void put(Kind kind, String id, RawFeatures features) {
        profiles.put(kind + id, features);
    }

    @Override
    public void delete(Kind kind, String id) {
        profiles.remove(kind + id);
    }

    @Override
    public void close() {
        profiles.clear();
    }
}
