/**
 * The learner of remote shards: cuts samples into batches, pulls, learns, journals and pushes, and catches shards up.
 *
 * <p>In: its partitions of the samples. Out: pushes. Depends on the push, the protocol and interfaces to the samples and
 * the shards. One thread; answers and records reach it over a queue.
 */
@NullMarked
package dev.millrace.learner.remote.worker;

import org.jspecify.annotations.NullMarked;
