/**
 * Publishing to the log: what 202 stands on.
 *
 * <p>In: impressions and actions. Out: records on Kafka, acknowledged. Depends on the topics and Kafka's producer. A
 * publisher is shared by threads; one thread of its own beats the heart of event time.
 */
@NullMarked
package dev.millrace.ingest.publish;

import org.jspecify.annotations.NullMarked;
