package dev.millrace.api.monitor.window;

import dev.millrace.ingest.topic.Topics;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.processor.StateStore;
import org.apache.kafka.streams.processor.StateStoreContext;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;
import org.apache.kafka.streams.state.internals.CacheFlushListener;
import org.apache.kafka.streams.state.internals.CachedStateStore;
import org.jspecify.annotations.Nullable;

/**
 * A task's sums as a state store: written to a changelogged store in memory just before each commit, in whose
 * transaction they stand or fall with the offsets read. Kafka Streams tells only stores that cache of a commit, so this is
 * one. The stream thread only.
 */
final class WindowState implements StateStore, CachedStateStore<Bytes, byte[]> {
    static final String NAME = "windows";

    private final KeyValueStore<Bytes, byte[]> rows;
    private @Nullable TaskWindows windows;

    private WindowState(KeyValueStore<Bytes, byte[]> rows) {
        this.rows = rows;
    }

    /** Builds one a task. */
    static StoreBuilder<WindowState> builder() {
        return new Builder(
                Stores.keyValueStoreBuilder(Stores.inMemoryKeyValueStore(NAME), Serdes.Bytes(), Serdes.ByteArray())
                        .withLoggingEnabled(Map.of("max.message.bytes", Integer.toString(Topics.MAX_RECORD_BYTES))));
    }

    /** What it keeps from now on; reads into it what was kept. */
    void keep(TaskWindows kept) {
        windows = kept;
        try (KeyValueIterator<Bytes, byte[]> all = rows.all()) {
            while (all.hasNext()) {
                KeyValue<Bytes, byte[]> row = all.next();
                kept.restore(row.key.get(), row.value);
            }
        }
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public void init(StateStoreContext context, StateStore root) {
        rows.init(context, root);
    }

    @Override
    public void flushCache() {
        if (windows != null) {
            windows.flush((key, value) -> {
                if (value == null) {
                    rows.delete(Bytes.wrap(key));
                } else {
                    rows.put(Bytes.wrap(key), value);
                }
            });
        }
    }

    /** What was not committed is read again, into another task's sums. */
    @Override
    public void clearCache() {
        windows = null;
    }

    @Override
    public boolean setFlushListener(CacheFlushListener<Bytes, byte[]> listener, boolean sendOldValues) {
        return false;
    }

    @Override
    public void flush() {
        rows.flush();
    }

    @Override
    public void close() {
        rows.close();
    }

    @Override
    public boolean persistent() {
        return false;
    }

    @Override
    public boolean isOpen() {
        return rows.isOpen();
    }

    private record Builder(StoreBuilder<KeyValueStore<Bytes, byte[]>> rows) implements StoreBuilder<WindowState> {
        @Override
        public StoreBuilder<WindowState> withCachingEnabled() {
            return this;
        }

        @Override
        public StoreBuilder<WindowState> withCachingDisabled() {
            return this;
        }

        @Override
        public StoreBuilder<WindowState> withLoggingEnabled(Map<String, String> config) {
            return new Builder(rows.withLoggingEnabled(config));
        }

        @Override
        public StoreBuilder<WindowState> withLoggingDisabled() {
            throw new UnsupportedOperationException("windows outlive a restart by their changelog alone");
        }

        @Override
        public WindowState build() {
            return new WindowState(Objects.requireNonNull(rows.build()));
        }

        @Override
        public Map<String, String> logConfig() {
            return rows.logConfig();
        }

        @Override
        public boolean loggingEnabled() {
            return rows.loggingEnabled();
        }

        @Override
        public String name() {
            return NAME;
        }
    }
}
