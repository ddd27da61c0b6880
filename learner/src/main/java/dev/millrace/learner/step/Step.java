package dev.millrace.learner.step;

import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ps.table.ParameterTable;

/**
 * Forward and backward of one model over sample blocks: what samples do to the rows of its table, and what they were
 * predicted before. The same calls give the same bits. Belongs to the thread that owns the table.
 */
public interface Step extends AutoCloseable {
    /** Told the key of every row that a step changes, possibly more than once. */
    @FunctionalInterface
    interface Touched {
        void key(long key);

        /**
         * The same of rows that were just found: {@code rows[from .. from + count - 1]} of these keys, without
         * {@link ParameterTable#MISSING} ones.
         */
        default void rows(long[] keys, long[] rows, int from, int count) {
            for (int i = from; i < from + count; i++) {
                if (rows[i] != ParameterTable.MISSING) {
                    key(keys[i]);
                }
            }
        }
    }

    /**
     * Learns samples of a block in their order. A model may take several as one minibatch, never of two calls.
     *
     * @param samples which, the first {@code count} of them
     * @param predictions [labels, count] receives what each was predicted by weights that had not learned it: a
     *     probability, or a value where the loss is squared; of a model with heads, head h's from h·count on. NaN of the
     *     first: refused, since its gradient is not finite, and nothing changed
     * @return how many were learned
     */
    int learn(SampleBlock block, int[] samples, int count, float[] predictions, Touched touched);

    /** Where its time went so far; a step of one stage keeps none. */
    default StageTimes times() {
        return new StageTimes();
    }

    /**
     * Writes what the step keeps beside the table into it. Before its rows are read, or removed by others: at the end of a
     * batch.
     */
    void flush(Touched touched);

    /** What it must know beside the table to go on with the same bits, after {@link #flush}; empty: nothing. */
    default byte[] state() {
        return new byte[0];
    }

    /**
     * Goes on from a {@link #state}, before it learns.
     *
     * @throws IllegalStateException when it is none of this model's
     */
    default void restore(byte[] state) {}

    /** Gives back what it holds outside of the heap; it learns no more. */
    @Override
    default void close() {}
}
