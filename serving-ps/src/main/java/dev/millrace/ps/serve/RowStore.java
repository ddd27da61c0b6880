package dev.millrace.ps.serve;

import dev.millrace.ps.delta.Delta;
import dev.millrace.ps.table.KeyHash;
import dev.millrace.ps.table.ParameterTable;
import dev.millrace.ps.table.RowLayout;
import it.unimi.dsi.fastutil.longs.LongCollection;
import it.unimi.dsi.fastutil.longs.LongIterator;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.Cache;
import org.rocksdb.LRUCache;
import org.rocksdb.Options;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.Snapshot;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serving rows on disk, so that a restart serves at once, and for those that memory does not hold: 8 bytes of the key's
 * {@link KeyHash#mix} to 4 bytes of weight, and of each float of its vector, so in the order of the tables, and under {@link #STATE} the version that they
 * are and where the delta log goes on. Rows and state change in one atomic write.
 */
final class RowStore implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RowStore.class);
    /** Longer than any row's key, so it is none. */
    private static final byte[] STATE = "millrace.state".getBytes(java.nio.charset.StandardCharsets.US_ASCII);

    private static final float[] GONE = {Float.NaN};
    private static final int ROWS_A_BATCH = 10_000;

    /** Of blocks, indexes and filters of rows that are not in memory. */
    private static final long CACHE_BYTES = 64L << 20;

    private static final int BITS_A_KEY = 10;

    private final int width;
    private final List<AutoCloseable> owned;
    private final WriteOptions writes;
    private final RocksDB db;

    /**
     * @param version with its shards
     * @param nextDelta of each shard the offset on its partition of the first delta that the rows do not contain; −1:
     *     its beginning
     */
    @SuppressWarnings("ArrayRecordComponent") // written and read, never compared
    record State(ServedVersion version, long specFingerprint, long[] nextDelta) {}

    private RowStore(int width, List<AutoCloseable> owned, RocksDB db) {
        this.width = width;
        this.owned = owned;
        this.writes = new WriteOptions();
        this.db = db;
    }

    static RowStore open(Path dir) {
        return open(dir, 1);
    }

    /** @param width floats of a row */
    static RowStore open(Path dir, int width) {
        RocksDB.loadLibrary();
        Cache cache = new LRUCache(CACHE_BYTES);
        BloomFilter filter = new BloomFilter(BITS_A_KEY, false);
        Options options = new Options()
                .setCreateIfMissing(true)
                .setKeepLogFileNum(2)
                .setTableFormatConfig(new BlockBasedTableConfig()
                        .setFilterPolicy(filter)
                        .setBlockCache(cache)
                        .setCacheIndexAndFilterBlocks(true));
        List<AutoCloseable> owned = List.of(options, filter, cache);
        try {
            Files.createDirectories(dir);
            return new RowStore(width, owned, RocksDB.open(options, dir.toString()));
        } catch (RocksDBException e) {
            closeAll(owned);
            throw new IllegalStateException("cannot open the serving rows in " + dir + ": " + e.getMessage(), e);
        } catch (IOException e) {
            closeAll(owned);
            throw new UncheckedIOException(e);
        }
    }

    private static void closeAll(List<AutoCloseable> parts) {
        for (AutoCloseable part : parts) {
            try {
                part.close();
            } catch (Exception e) {
                LOG.warn("{} did not close", part, e);
            }
        }
    }

    /** Floats of a row. */
    int width() {
        return width;
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
        /** @param row in use until this returns */
        void accept(long key, float[] row);
    }

    void forEach(RowConsumer consumer) {
        forEach(0, 1L << 32, consumer);
    }

    /** The rows whose {@link KeyHash#place} is within a range, in its order. */
    void forEach(long fromPlace, long toPlace, RowConsumer consumer) {
        float[] row = new float[width];
        try (RocksIterator rows = db.newIterator()) {
            for (rows.seek(bytes(fromPlace << 32)); rows.isValid(); rows.next()) {
                byte[] at = rows.key();
                if (at.length != Long.BYTES) {
                    continue;
                }
                long mixed = ByteBuffer.wrap(at).getLong();
                if (mixed >>> 32 >= toPlace) {
                    break;
                }
                ByteBuffer value = ByteBuffer.wrap(rows.value());
                if (value.remaining() != width * Float.BYTES) {
                    throw new IllegalStateException("serving rows: a row of " + value.remaining() + " bytes");
                }
                value.asFloatBuffer().get(row);
                consumer.accept(KeyHash.unmix(mixed), row);
            }
            rows.status();
        } catch (RocksDBException e) {
            throw failed(e);
        }
    }

    /**
     * Looks many rows up at once. For any thread, until this is closed.
     *
     * @param weights receives the row of each key, zeros where there is none
     * @param found receives whether there is one
     */
    void read(long[] keys, int n, float[] weights, boolean[] found, ReadOptions view) {
        List<byte[]> places = new ArrayList<>(n);
        for (int i = 0; i < n; i++) {
            places.add(bytes(KeyHash.mix(keys[i])));
        }
        try {
            List<byte[]> values = db.multiGetAsList(view, places);
            for (int i = 0; i < n; i++) {
                byte[] value = values.get(i);
                found[i] = value != null;
                if (value == null) {
                    Arrays.fill(weights, i * width, (i + 1) * width, 0f);
                } else {
                    ByteBuffer.wrap(value).asFloatBuffer().get(weights, i * width, width);
                }
            }
        } catch (RocksDBException e) {
            throw failed(e);
        }
    }

    /** What {@link #read} shows from now on, whatever is written; to be given to {@link #release}. */
    Snapshot freeze() {
        return Objects.requireNonNull(db.getSnapshot());
    }

    void release(Snapshot frozen) {
        db.releaseSnapshot(frozen);
    }

    /** About how many rows there are. */
    long estimatedRows() {
        try {
            return db.getLongProperty("rocksdb.estimate-num-keys");
        } catch (RocksDBException e) {
            throw failed(e);
        }
    }

    /** Until a state is written again, a start finds none. */
    void dropState() {
        try {
            db.delete(STATE);
        } catch (RocksDBException e) {
            throw failed(e);
        }
    }

    private static byte[] bytes(long mixed) {
        return ByteBuffer.allocate(Long.BYTES).putLong(mixed).array();
    }

    /** Writes collected rows and the state they lead to, atomically. */
    void write(Iterable<Delta> deltas, State state) {
        try (WriteBatch batch = new WriteBatch()) {
            for (Delta delta : deltas) {
                for (int i = 0; i < delta.keys().length; i++) {
                    put(batch, delta.keys()[i], delta.weights(), delta.at(i));
                }
            }
            batch.put(STATE, StateCodec.encode(state));
            db.write(writes, batch);
        } catch (RocksDBException e) {
            throw failed(e);
        }
    }

    /** Writes the rows that a table has of these keys, and the state that they are of, atomically. */
    void write(LongCollection keys, ParameterTable table, State state) {
        float[] scratch = new float[width];
        try (WriteBatch batch = new WriteBatch()) {
            LongIterator each = keys.iterator();
            while (each.hasNext()) {
                long key = each.nextLong();
                long row = table.find(key);
                if (row == ParameterTable.MISSING) {
                    put(batch, key, GONE, 0);
                } else {
                    table.getFloats(row, RowLayout.WEIGHT, scratch, 0, width);
                    put(batch, key, scratch, 0);
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
        try (Writer writer = new Writer()) {
            float[] scratch = new float[width];
            table.forEachRow(row -> {
                table.getFloats(row, RowLayout.WEIGHT, scratch, 0, width);
                writer.put(table.key(row), scratch, 0);
            });
            writer.finish(state);
        }
    }

    /** Writes any number of rows in bounded batches. Closed without {@link #finish}, it leaves rows without a state. */
    final class Writer implements AutoCloseable {
        private final WriteBatch batch = new WriteBatch();

        void delete(long key) {
            put(key, GONE, 0);
        }

        /** @param rows NaN at {@code at}: no such row */
        void put(long key, float[] rows, int at) {
            try {
                RowStore.this.put(batch, key, rows, at);
                if (batch.count() >= ROWS_A_BATCH) {
                    db.write(writes, batch);
                    batch.clear();
                }
            } catch (RocksDBException e) {
                throw failed(e);
            }
        }

        void finish(State state) {
            try {
                batch.put(STATE, StateCodec.encode(state));
                db.write(writes, batch);
                batch.clear();
            } catch (RocksDBException e) {
                throw failed(e);
            }
        }

        @Override
        public void close() {
            batch.close();
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

    private void put(WriteBatch batch, long key, float[] rows, int at) throws RocksDBException {
        byte[] keyBytes = bytes(KeyHash.mix(key));
        if (Delta.isTombstone(rows[at])) {
            batch.delete(keyBytes);
        } else {
            ByteBuffer value = ByteBuffer.allocate(width * Float.BYTES);
            value.asFloatBuffer().put(rows, at, width);
            batch.put(keyBytes, value.array());
        }
    }

    private static IllegalStateException failed(RocksDBException e) {
        return new IllegalStateException("serving rows: " + e.getMessage(), e);
    }

    @Override
    public void close() {
        db.close();
        writes.close();
        closeAll(owned);
    }
}
