/**
 * The training parameter server: the rows that learn, exactly once.
 *
 * <p>In: sample blocks with their offsets. Out: batches as deltas, and snapshots. Depends on the step and the table.
 * One owning thread.
 */
@NullMarked
package dev.millrace.learner.training;

import org.jspecify.annotations.NullMarked;
