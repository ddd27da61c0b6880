/**
 * Keeps real-time features: a Kafka Streams application over the event log.
 *
 * <p>In: impressions and actions. Out: rows in the profile store, a moment after the action; their state on a changelog.
 * Depends on the profile store, the spec and Kafka Streams. One thread of Kafka Streams owns each step.
 */
@NullMarked
package dev.millrace.ingest.profile.stream;

import org.jspecify.annotations.NullMarked;
