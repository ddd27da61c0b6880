/**
 * Running a learner: restore, poll, learn, publish, snapshot, start again after a failure.
 *
 * <p>In: a model spec and where its topics and snapshots are. Out: deltas and snapshots. Depends on the other packages
 * of this module. One thread a model, and one that writes snapshots behind.
 */
@NullMarked
package dev.millrace.learner.run;

import org.jspecify.annotations.NullMarked;
