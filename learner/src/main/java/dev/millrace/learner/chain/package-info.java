/**
 * The batch chain: runs its steps one after the other, tries again, says how far it is, publishes what passes its gate.
 *
 * <p>In: orders on the topic of chains. Out: states on it, versions of the model. Depends on ingest.chain and ps.version;
 * what a step does is handed in. One thread of a {@code ChainWorker} hands out, one virtual thread a run waits.
 */
@NullMarked
package dev.millrace.learner.chain;

import org.jspecify.annotations.NullMarked;
