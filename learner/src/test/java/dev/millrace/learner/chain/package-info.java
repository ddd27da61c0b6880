/**
 * The batch chain's own decisions: what passes its gate, when it tries again.
 *
 * <p>In: what was measured. Out: reasons, waits. No Kafka: with one, runs are tested in deploy.
 */
@NullMarked
package dev.millrace.learner.chain;

import org.jspecify.annotations.NullMarked;
