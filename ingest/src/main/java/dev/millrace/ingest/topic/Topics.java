package dev.millrace.ingest.topic;

/** Names of the topics. Impressions and actions are keyed by request id and have equally many partitions. */
public final class Topics {
    /** {@code Envelope} of impressions, and heartbeats. */
    public static final String IMPRESSIONS = "millrace.impressions";
    /** {@code Envelope} of actions, and heartbeats. */
    public static final String ACTIONS = "millrace.actions";
    /** {@code DeadLetter}: actions that made no label, with the reason. */
    public static final String DEAD_LETTERS = "millrace.dead-letters";

    /** {@code ChainEvent}s of all models: compacted, one partition. */
    public static final String CHAINS = "millrace.chains";

    /** Largest record of any topic: an impression of 1,000 items with profiles, a delta of a million rows. */
    public static final int MAX_RECORD_BYTES = 16 << 20;

    private Topics() {}

    /** {@code SampleBlock}s of a model, in the join's order. */
    public static String samples(String model) {
        return "millrace.samples." + model;
    }

    /** {@code Delta}s of a model, in sequence; one partition a shard. */
    public static String deltas(String model) {
        return "millrace.deltas." + model;
    }

    /** {@code VersionEvent}s of a model: compacted, one partition, each record with a key of its own. */
    public static String versions(String model) {
        return "millrace.versions." + model;
    }

    /** Who owns each shard of a model's training table: compacted, one partition, one record a shard. */
    public static String shards(String model) {
        return "millrace.shards." + model;
    }
}
