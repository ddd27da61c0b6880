package dev.millrace.ingest.profile.stream;

import dev.millrace.ingest.profile.LiveFeatures;
import dev.millrace.ingest.profile.LiveStats;
import dev.millrace.ingest.profile.ProfileStore;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.topic.Topics;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Repartitioned;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;
import org.apache.kafka.streams.state.WindowStore;

/**
 * <pre>
 *  impressions ┐                                   one record a partition
 *              ├─by request─▶ RequestProcessor ───── live-repartition ─────▶ EntityProcessor ─▶ profile store
 *  actions     ┘              (requests, changelog)                          (entities, changelog)
 * </pre>
 */
final class LiveTopology {
    private LiveTopology() {}

    static Topology of(ModelSpec spec, LiveStreams.Config config, ProfileStore profiles, LiveStats stats, Clock clock) {
        LiveFeatures features = new LiveFeatures(spec);
        RequestSteps steps = new RequestSteps(features, spec.realtime(), config.maxActions(), stats);
        Duration remember = spec.rewardWindow().plus(spec.policies().lateness());
        int partitions = config.partitions();
        StreamsBuilder builder = new StreamsBuilder();
        builder.addStateStore(requests(remember));
        builder.addStateStore(entities());
        builder.stream(
                        List.of(Topics.IMPRESSIONS, Topics.ACTIONS),
                        Consumed.with(Serdes.ByteArray(), Envelopes.serde(stats))
                                .withTimestampExtractor(new Envelopes.EventTime()))
                .process(
                        () -> new RequestProcessor(steps, partitions, remember.toMillis(), stats),
                        RequestProcessor.STORE)
                .repartition(Repartitioned.with(Serdes.Integer(), Serdes.ByteArray())
                        .withName("live")
                        .withNumberOfPartitions(partitions)
                        .withStreamPartitioner((topic, partition, batch, count) -> Optional.of(Set.of(partition))))
                .process(
                        () -> new EntityProcessor(features, profiles, config.forget(), stats, clock),
                        EntityProcessor.STORE);
        return builder.build();
    }

    /**
     * Forgets with event time, as the join does: a segment of the store at a time. Not cached: a request changes twice,
     * and a look into a cached window copies the cache's keys.
     */
    private static StoreBuilder<WindowStore<byte[], byte[]>> requests(Duration remember) {
        return Stores.windowStoreBuilder(
                        Stores.persistentWindowStore(RequestProcessor.STORE, remember, remember, false),
                        Serdes.ByteArray(),
                        Serdes.ByteArray())
                .withLoggingEnabled(Map.of());
    }

    /** Cached: what many events change goes to the changelog once a commit. */
    private static StoreBuilder<KeyValueStore<byte[], byte[]>> entities() {
        return Stores.keyValueStoreBuilder(
                        Stores.persistentKeyValueStore(EntityProcessor.STORE), Serdes.ByteArray(), Serdes.ByteArray())
                .withCachingEnabled()
                .withLoggingEnabled(Map.of());
    }
}
