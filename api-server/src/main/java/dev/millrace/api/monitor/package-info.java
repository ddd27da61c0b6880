/**
 * Live quality, freshness, rates and readiness, measured on what was served.
 *
 * <p>In: samples, dead letters, finished traces, rank times. Out: snapshots and Prometheus meters. Depends on api.log, api.trace
 * and ps.serve. The tail's thread writes, any thread reads; each class says what guards it.
 */
@NullMarked
package dev.millrace.api.monitor;

import org.jspecify.annotations.NullMarked;
