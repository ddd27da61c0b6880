package dev.millrace.ps.serve;

import dev.millrace.ps.delta.Delta;
import dev.millrace.ps.table.ParameterTable;
import dev.millrace.ps.table.RowLayout;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.TreeMap;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;

/**
 * Serving rows on disk, so that a restart serves at once: 8-byte key to 4-byte weight, and under {@link #STATE} the
 * version that they are and where the delta log goes on. Rows and state change in one atomic write.
 */
final class RowStore implements AutoCloseable {
    /** Longer than any row's key, so it is none. */
    private static final byte[] STATE = "millrace.state".getBytes(java.nio.charset.StandardCharsets.US_ASCII);

    private static final byte STATE_VERSION = 1;
    private static final int ROWS_A_BATCH = 10_000;

    private final Options options;
    private final WriteOptions writes;
    private final RocksDB db;

    /** @param nextDelta offset on the delta topic of the first delta that the rows do not contain */
    record State(ServedVersion version, long specFingerprint, long nextDelta) {}

    private RowStore(Options options, RocksDB db) {
        this.options = options;
        this.writes = new WriteOptions();
        this.db = db;
    }

    static RowStore open(Path dir) {
        RocksDB.loadLibrary();
        Options options = new Options().setCreateIfMissing(true).setKeepLogFileNum(2);
        try {
            Files.createDirectories(dir);
            return new RowStore(options, RocksDB.open(options, dir.toString()));
        } catch (RocksDBException e) {
            options.close();
            throw new IllegalStateException("cannot open the serving rows in " + dir + ": " + e.getMessage(), e);
        } catch (IOException e) {
            options.close();
            throw new UncheckedIOException(e);
        }
    }

    Optional<State> state() {
        try {
            return Optional.ofNullable(db.get(STATE)).map(RowStore::decode);
        } catch (RocksDBException e) {
            throw failed(e);
        }
    }

    /** Takes one stored row. */
    @FunctionalInterface
    interface RowConsumer {
        void accept(long key, float weight);
    }

    void forEach(RowConsumer consumer) {
        try (RocksIterator rows = db.newIterator()) {
            for (rows.seekToFirst(); rows.isValid(); rows.next()) {
                if (rows.key().length == Long.BYTES) {
                    consumer.accept(
                            ByteBuffer.wrap(rows.key()).getLong(),
                            ByteBuffer.wrap(rows.value()).getFloat());
                }
            }
            rows.status();
        } catch (RocksDBException e) {
            throw failed(e);
        }
    }

    /** Writes collected rows and the state they lead to, atomically. */
    void write(Iterable<Delta> deltas, State state) {
        try (WriteBatch batch = new WriteBatch()) {
            for (Delta delta : deltas) {
                for (int i = 0; i < delta.keys().length; i++) {
                    put(batch, delta.keys()[i], delta.weights()[i]);
                }
            }
            batch.put(STATE, encode(state));
            db.write(writes, batch);
        } catch (RocksDBException e) {
            throw failed(e);
        }
    }

    /** Writes a whole table, in bounded batches, and the state last: a crash between leaves rows without a state. */
    void writeAll(ParameterTable table, State state) {
        try (WriteBatch batch = new WriteBatch()) {
            table.forEachRow(row -> {
                try {
                    put(batch, table.key(row), table.getFloat(row, RowLayout.WEIGHT));
                    if (batch.count() >= ROWS_A_BATCH) {
                        db.write(writes, batch);
                        batch.clear();
                    }
                } catch (RocksDBException e) {
                    throw failed(e);
                }
            });
            batch.put(STATE, encode(state));
            db.write(writes, batch);
        } catch (RocksDBException e) {
            throw failed(e);
        }
    }

    /** Drops every row and the state, before rows of a snapshot are written. */
    void clear() {
        try {
            // STATE sorts within the range of keys: rows are 8 arbitrary bytes.
            db.deleteRange(new byte[0], new byte[] {-1, -1, -1, -1, -1, -1, -1, -1, -1});
        } catch (RocksDBException e) {
            throw failed(e);
        }
    }

    private static void put(WriteBatch batch, long key, float weight) throws RocksDBException {
        byte[] keyBytes = ByteBuffer.allocate(Long.BYTES).putLong(key).array();
        if (Delta.isTombstone(weight)) {
            batch.delete(keyBytes);
        } else {
            batch.put(
                    keyBytes, ByteBuffer.allocate(Float.BYTES).putFloat(weight).array());
        }
    }

    private static byte[] encode(State state) {
        ServedVersion v = state.version();
        ByteBuffer out = ByteBuffer.allocate(
                1 + 9 * Long.BYTES + Integer.BYTES + v.sampleOffsets().size() * (Integer.BYTES + Long.BYTES));
        out.put(STATE_VERSION).putLong(state.specFingerprint()).putLong(state.nextDelta());
        out.putLong(v.sequence()).putLong(v.learnedMs()).putLong(v.appliedMs()).putLong(v.watermarkMs());
        out.putLong(v.samples()).putLong(v.sampleIdSum()).putLong(v.duplicateSamples());
        out.putInt(v.sampleOffsets().size());
        v.sampleOffsets().forEach((partition, offset) -> out.putInt(partition).putLong(offset));
        return out.array();
    }

    private static State decode(byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes);
        byte version = in.get();
        if (version != STATE_VERSION) {
            throw new IllegalStateException("serving rows: state version " + version + ", known is " + STATE_VERSION);
        }
        long fingerprint = in.getLong();
        long nextDelta = in.getLong();
        long sequence = in.getLong();
        long learnedMs = in.getLong();
        long appliedMs = in.getLong();
        long watermarkMs = in.getLong();
        long samples = in.getLong();
        long sampleIdSum = in.getLong();
        long duplicates = in.getLong();
        TreeMap<Integer, Long> offsets = new TreeMap<>();
        for (int n = in.getInt(); n > 0; n--) {
            offsets.put(in.getInt(), in.getLong());
        }
        var served = new ServedVersion(
                sequence, learnedMs, appliedMs, watermarkMs, offsets, samples, sampleIdSum, duplicates, 0);
        return new State(served, fingerprint, nextDelta);
    }

    private static IllegalStateException failed(RocksDBException e) {
        return new IllegalStateException("serving rows: " + e.getMessage(), e);
    }

    @Override
    public void close() {
        db.close();
        writes.close();
        options.close();
    }
}
