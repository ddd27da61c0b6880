/**
 * The API's two ends of the log: appending what happened, and tailing what becomes of it.
 *
 * <p>In: impressions and actions; records of the topics. Out: acknowledgements; calls of a listener. Depends on Kafka's client
 * and ingest. One thread, {@code api-tail}, owns the consumer and makes all the calls.
 */
@NullMarked
package dev.millrace.api.log;

import org.jspecify.annotations.NullMarked;
