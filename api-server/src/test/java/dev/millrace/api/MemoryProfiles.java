package dev.millrace.api;

import dev.millrace.ingest.feature.RawFeatures;
import dev.millrace.ingest.profile.ProfileStore;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** Profiles in a map. */
public final class MemoryProfiles implements ProfileStore {
    private final Map<String, RawFeatures> profiles = new ConcurrentHashMap<>();

    @Override
    public Optional<RawFeatures> get(Kind kind, String id) {
        return Optional.ofNullable(profiles.get(kind + id));
    }

    @Override
    public List<RawFeatures> getAll(Kind kind, List<String> ids) {
        return ids.stream().map(id -> get(kind, id).orElse(RawFeatures.EMPTY)).toList();
    }

    @Override
    public void put(Kind kind, String id, RawFeatures features) {
        profiles.put(kind + id, features);
    }

    @Override
    public void close() {
        profiles.clear();
    }
}
