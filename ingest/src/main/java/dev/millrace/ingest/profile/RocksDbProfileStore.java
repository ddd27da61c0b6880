package dev.millrace.ingest.profile;

import com.google.protobuf.ByteString;
import dev.millrace.ingest.feature.RawFeatures;
import dev.millrace.ingest.proto.LiveRow;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;

/**
 * Profiles in one RocksDB, as {@link ProfileCodec} has them.
 */
public final class RocksDbProfileStore implements ProfileStore {
    private final Options options;
    private final RocksDB db;

    private RocksDbProfileStore(Options options, RocksDB db) {
        this.options = options;
        this.db = db;
    }

    /** Opens, or creates, the store in {@code dir}. */
    public static RocksDbProfileStore open(Path dir) {
        RocksDB.loadLibrary();
        Options options = new Options().setCreateIfMissing(true).setKeepLogFileNum(2);
        try {
            Files.createDirectories(dir);
            return new RocksDbProfileStore(options, RocksDB.open(options, dir.toString()));
        } catch (RocksDBException e) {
            options.close();
            throw new IllegalStateException("cannot open the profile store in " + dir + ": " + e.getMessage(), e);
        } catch (IOException e) {
            options.close();
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public Optional<RawFeatures> get(Kind kind, String id) {
        try {
            return Optional.ofNullable(db.get(ProfileCodec.key(kind, id))).map(ProfileCodec::decode);
        } catch (RocksDBException e) {
            throw new IllegalStateException("profile store: " + e.getMessage(), e);
        }
    }

    @Override
    public List<RawFeatures> getAll(Kind kind, List<String> ids) {
        return find(kind, ids, List.of()).profiles();
    }

    @Override
    public Found find(Kind kind, List<String> ids, List<ByteString> live) {
        List<byte[]> keys = new ArrayList<>(ids.size() + live.size());
        ids.forEach(id -> keys.add(ProfileCodec.key(kind, id)));
        live.forEach(key -> keys.add(key.toByteArray()));
        if (keys.isEmpty()) {
            // RocksDB refuses to look nothing up.
            return new Found(List.of(), List.of());
        }
        try {
            // Of a model that reads no stored attribute nothing is asked; RocksDB wants at least one key.
            List<byte @Nullable []> values = keys.isEmpty() ? List.of() : db.multiGetAsList(keys);
            List<RawFeatures> profiles = new ArrayList<>(ids.size());
            for (byte @Nullable [] value : values.subList(0, ids.size())) {
                profiles.add(value == null ? RawFeatures.EMPTY : ProfileCodec.decode(value));
            }
            List<@Nullable LiveRow> rows = new ArrayList<>(live.size());
            for (byte @Nullable [] value : values.subList(ids.size(), values.size())) {
                rows.add(value == null ? null : ProfileCodec.row(value));
            }
            return new Found(profiles, rows);
        } catch (RocksDBException e) {
            throw new IllegalStateException("profile store: " + e.getMessage(), e);
        }
    }

    @Override
    public void putLive(Map<ByteString, @Nullable LiveRow> rows) {
        try (WriteBatch batch = new WriteBatch();
                WriteOptions writing = new WriteOptions()) {
            for (Map.Entry<ByteString, @Nullable LiveRow> row : rows.entrySet()) {
                LiveRow value = row.getValue();
                if (value == null) {
                    batch.delete(row.getKey().toByteArray());
                } else {
                    batch.put(row.getKey().toByteArray(), value.toByteArray());
                }
            }
            db.write(writing, batch);
        } catch (RocksDBException e) {
            throw new IllegalStateException("profile store: " + e.getMessage(), e);
        }
    }

    @Override
    public void put(Kind kind, String id, RawFeatures features) {
        putAll(kind, Map.of(id, features));
    }

    @Override
    public void putAll(Kind kind, Map<String, RawFeatures> profiles) {
        try (WriteBatch batch = new WriteBatch();
                WriteOptions writing = new WriteOptions()) {
            for (Map.Entry<String, RawFeatures> profile : profiles.entrySet()) {
                batch.put(ProfileCodec.key(kind, profile.getKey()), ProfileCodec.encode(profile.getValue()));
            }
            db.write(writing, batch);
        } catch (RocksDBException e) {
            throw new IllegalStateException("profile store: " + e.getMessage(), e);
        }
    }

    @Override
    public void ids(Kind kind, int max, Consumer<String> each) {
        byte[] prefix = ProfileCodec.key(kind, "");
        try (RocksIterator at = db.newIterator()) {
            at.seek(prefix);
            for (int i = 0; i < max && at.isValid() && at.key()[0] == prefix[0]; i++) {
                each.accept(new String(at.key(), 1, at.key().length - 1, StandardCharsets.UTF_8));
                at.next();
            }
        }
    }

    @Override
    public void delete(Kind kind, String id) {
        try {
            db.delete(ProfileCodec.key(kind, id));
        } catch (RocksDBException e) {
            throw new IllegalStateException("profile store: " + e.getMessage(), e);
        }
    }

    @Override
    public void close() {
        db.close();
        options.close();
    }
}
