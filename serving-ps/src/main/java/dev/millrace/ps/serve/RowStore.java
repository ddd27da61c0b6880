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
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serving rows on disk, so that a restart serves at once: 8-byte key to 4-byte weight, and under {@link #STATE} the
 * version that they are and where the delta log goes on. Rows and state change in one atomic write.
 */
final class RowStore implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RowStore.class);
    /** Longer than any row's key, so it is none. */
    private static final byte[] STATE = "millrace.state".getBytes(java.nio.charset.StandardCharsets.US_ASCII);

    private static final int ROWS_A_BATCH = 10_000;

    private final Options options;
    private final WriteOptions writes;
    private final RocksDB db;

    /**
     * @param version with its shards
     * @param nextDelta of each shard the offset on its partition of the first delta that the rows do not contain; −1:
     *     its beginning
     */
    @SuppressWarnings("ArrayRecordComponent") // written and read, never compared
    record State(ServedVersion version, long specFingerprint, long[] nextDelta) {}

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

    /** Empty too when it is of a version that is not known: then the rows are of no use. */
    Optional<State> state() {
        try {
            return Optional.ofNullable(db.get(STATE)).map(StateCodec::decode);
        } catch (IllegalArgumentException e) {
            LOG.error("{}; a snapshot or the log takes their place", e.getMessage());
            return Optional.empty();
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
            batch.put(STATE, StateCodec.encode(state));
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
            batch.put(STATE, StateCodec.encode(state));
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
