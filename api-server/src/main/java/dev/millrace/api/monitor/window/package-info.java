/**
 * Live windows: a Kafka Streams application that keeps mergeable sums of what was served, over 10 s to 7 d.
 *
 * <p>In: samples, impressions, dead letters. Out: quality, outcomes and drift of a model's traffic and its parts. Depends on
 * api.monitor.quality, ingest, ps.serve and Kafka Streams. Its one thread writes; any thread reads; a task's sums have one lock.
 */
@NullMarked
package dev.millrace.api.monitor.window;

import org.jspecify.annotations.NullMarked;
