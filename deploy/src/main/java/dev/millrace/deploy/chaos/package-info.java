/**
 * Faults on purpose: every process of remote training killed at random moments, and the count of every row afterwards.
 *
 * <p>In: a seed, a number of rounds. Out: a report of what agreed with the samples' log. Depends on the learner's remote
 * training, the serving replica and the launcher. One thread, and one that writes samples.
 */
@NullMarked
package dev.millrace.deploy.chaos;

import org.jspecify.annotations.NullMarked;
