/**
 * The serving replica: weights that follow the delta log and score requests.
 *
 * <p>In: deltas from Kafka, attributes from a request. Out: scores of one version. Depends on the table, delta, model,
 * parity and snapshot packages, Kafka's consumer and RocksDB. One thread applies; any thread scores.
 */
@NullMarked
package dev.millrace.ps.serve;

import org.jspecify.annotations.NullMarked;
