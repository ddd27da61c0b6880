package dev.millrace.ingest.profile;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.millrace.ingest.feature.FeatureCodec;
import dev.millrace.ingest.feature.RawFeatures;
import dev.millrace.ingest.proto.Profile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;

/** Profiles in one RocksDB: key = one byte of kind, then the id in UTF-8; value = {@link Profile}. */
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
            return Optional.ofNullable(db.get(key(kind, id))).map(RocksDbProfileStore::decode);
        } catch (RocksDBException e) {
            throw new IllegalStateException("profile store: " + e.getMessage(), e);
        }
    }

    @Override
    public List<RawFeatures> getAll(Kind kind, List<String> ids) {
        try {
            List<byte @Nullable []> values =
                    db.multiGetAsList(ids.stream().map(id -> key(kind, id)).toList());
            List<RawFeatures> profiles = new ArrayList<>(ids.size());
            for (byte @Nullable [] value : values) {
                profiles.add(value == null ? RawFeatures.EMPTY : decode(value));
            }
            return profiles;
        } catch (RocksDBException e) {
            throw new IllegalStateException("profile store: " + e.getMessage(), e);
        }
    }

    @Override
    public void put(Kind kind, String id, RawFeatures features) {
        var dictionary = new FeatureCodec.Dictionary();
        Profile.Builder profile = Profile.newBuilder().setFeatures(FeatureCodec.encode(features, dictionary));
        profile.addAllNames(dictionary.names());
        try {
            db.put(key(kind, id), profile.build().toByteArray());
        } catch (RocksDBException e) {
            throw new IllegalStateException("profile store: " + e.getMessage(), e);
        }
    }

    @Override
    public void close() {
        db.close();
        options.close();
    }

    private static byte[] key(Kind kind, String id) {
        byte[] text = id.getBytes(StandardCharsets.UTF_8);
        byte[] key = new byte[text.length + 1];
        key[0] = (byte) (kind == Kind.USER ? 'u' : 'i');
        System.arraycopy(text, 0, key, 1, text.length);
        return key;
    }

    private static RawFeatures decode(byte[] value) {
        try {
            Profile profile = Profile.parseFrom(value);
            return FeatureCodec.decode(profile.getFeatures(), profile.getNamesList());
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException("profile store: a stored profile cannot be read", e);
        }
    }
}
