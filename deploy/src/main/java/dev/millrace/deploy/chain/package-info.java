/**
 * The steps of the batch chain as child processes, each with its share of cores and memory.
 *
 * <p>In: a run. Out: files in the data folder, what the children measured, a version. Depends on learner.chain and the
 * commands of {@code millrace} by name. One thread a run waits for its child.
 */
@NullMarked
package dev.millrace.deploy.chain;

import org.jspecify.annotations.NullMarked;
