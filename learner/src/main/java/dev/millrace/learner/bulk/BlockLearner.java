package dev.millrace.learner.bulk;

import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.learner.training.ShardState;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/** Learns blocks, by workers that call the same methods in step with each other. */
interface BlockLearner {
    /**
     * Learns all blocks, in order. Every worker calls it with the same ones.
     *
     * @param worker who calls, 0..workers−1
     */
    void learn(int worker, @Nullable SampleBlock[] blocks);

    /**
     * Says that about so many samples will come in all, so that tables get room in time; by each worker, the same
     * number. A wrong one costs time alone.
     */
    default void expect(int worker, long samples) {}

    /** Whether the first worker learns by itself, so that the others can read meanwhile. */
    boolean isOneWorkers();

    /** So far; of a model with heads, of the first. Between two calls of {@link #learn}. */
    BulkMetrics metrics();

    /** Of every head in the spec's order; empty: the model has none. */
    default SequencedMap<String, BulkMetrics> heads() {
        return new LinkedHashMap<>();
    }

    /** What was learned; by one worker, at the end. */
    ShardState finish();

    /** What its step must know beside the rows to go on, after {@link #finish}. */
    default byte[] stepState() {
        return new byte[0];
    }
}
