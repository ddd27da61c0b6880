package dev.millrace.ingest.profile.stream;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.millrace.ingest.profile.LiveFeatures;
import dev.millrace.ingest.profile.LiveRows;
import dev.millrace.ingest.profile.LiveStats;
import dev.millrace.ingest.profile.ProfileStore;
import dev.millrace.ingest.proto.LiveBatch;
import dev.millrace.ingest.proto.LiveEntity;
import dev.millrace.ingest.proto.LiveRow;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.jspecify.annotations.Nullable;

/**
 * Second step, by person and item: events into rows, and the rows into the profile store at once. Starts by writing all
 * rows that it was restored with, so that the profile store has them whatever became of it.
 */
final class EntityProcessor implements Processor<Integer, byte[], Void, Void> {
    static final String STORE = "entities";
    private static final Duration LOOK = Duration.ofSeconds(10);
    private static final int LOOKED_AT = 5_000;
    private static final int WRITTEN_AT_ONCE = 1_000;

    private final LiveFeatures features;
    private final ProfileStore profiles;
    private final long forgetMs;
    private final LiveStats stats;
    private final Clock clock;
    private @Nullable KeyValueStore<byte[], byte[]> rows;
    private byte @Nullable [] lookFrom;

    EntityProcessor(LiveFeatures features, ProfileStore profiles, Duration forget, LiveStats stats, Clock clock) {
        this.features = features;
        this.profiles = profiles;
        this.forgetMs = forget.toMillis();
        this.stats = stats;
        this.clock = clock;
    }

    @Override
    public void init(ProcessorContext<Void, Void> context) {
        rows = context.getStateStore(STORE);
        restoreProfiles();
        var unused = context.schedule(LOOK, PunctuationType.STREAM_TIME, this::forget);
    }

    private KeyValueStore<byte[], byte[]> rows() {
        return Objects.requireNonNull(rows);
    }

    private void restoreProfiles() {
        Map<ByteString, @Nullable LiveRow> batch = new HashMap<>();
        try (KeyValueIterator<byte[], byte[]> all = rows().all()) {
            while (all.hasNext()) {
                KeyValue<byte[], byte[]> one = all.next();
                batch.put(ByteString.copyFrom(one.key), row(one.value));
                if (batch.size() == WRITTEN_AT_ONCE || !all.hasNext()) {
                    profiles.putLive(batch);
                    batch.clear();
                }
            }
        }
    }

    @Override
    public void process(Record<Integer, byte[]> record) {
        LiveBatch batch;
        try {
            batch = LiveBatch.parseFrom(record.value());
        } catch (InvalidProtocolBufferException e) {
            stats.notRead();
            return;
        }
        Map<ByteString, @Nullable LiveRow> changed = new HashMap<>();
        for (LiveEntity entity : batch.getEntitiesList()) {
            byte[] key = entity.getKey().toByteArray();
            LiveRow row = LiveRows.apply(
                    row(rows().get(key)), features.group(entity.getGroup()), batch.getPosition(), entity);
            if (row == null) {
                stats.repeat();
            } else {
                changed.put(entity.getKey(), row);
                rows().put(key, row.toByteArray());
            }
        }
        if (!changed.isEmpty()) {
            profiles.putLive(changed);
            stats.applied(changed.size());
            if (batch.getAcceptedMs() > 0) {
                stats.fresh(clock.millis() - batch.getAcceptedMs());
            }
        }
    }

    private static LiveRow row(byte @Nullable [] value) {
        try {
            return value == null ? LiveRow.getDefaultInstance() : LiveRow.parseFrom(value);
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException("a row of real-time features cannot be read", e);
        }
    }

    /** Looks at some rows, from where it stopped the last time, and deletes those to which nothing has happened for long. */
    private void forget(long nowMs) {
        List<byte[]> old = new ArrayList<>();
        int looked = 0;
        try (KeyValueIterator<byte[], byte[]> from = rows().range(lookFrom, null)) {
            while (from.hasNext() && looked++ < LOOKED_AT) {
                KeyValue<byte[], byte[]> one = from.next();
                if (LiveRows.latestMs(row(one.value)) < nowMs - forgetMs) {
                    old.add(one.key);
                }
            }
            lookFrom = from.hasNext() ? from.peekNextKey() : null;
        }
        if (!old.isEmpty()) {
            Map<ByteString, @Nullable LiveRow> gone = new HashMap<>();
            for (byte[] key : old) {
                rows().delete(key);
                gone.put(ByteString.copyFrom(key), null);
            }
            profiles.putLive(gone);
            stats.forgot(gone.size());
        }
    }
}
