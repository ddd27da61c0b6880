package dev.millrace.ingest.profile;

import com.google.protobuf.ByteString;
import dev.millrace.ingest.feature.RawFeatures;
import dev.millrace.ingest.proto.LiveRow;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Another store, to be made to fail. */
class ForwardingStore implements ProfileStore {
    private final ProfileStore store;

    ForwardingStore(ProfileStore store) {
        this.store = store;
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
        store.put(kind, id, features);
    }

    @Override
    public void delete(Kind kind, String id) {
        store.delete(kind, id);
    }

    @Override
    public void close() {
        store.close();
    }
}
