/**
 * What is told to a caller that cannot be served: RFC 9457 problems and the four error classes.
 *
 * <p>In: what went wrong. Out: problems as bytes, and counts by class. Depends on jackson-core and
 * ingest.profile. Immutable but for the counters, which any thread may touch.
 */
@NullMarked
package dev.millrace.api.problem;

import org.jspecify.annotations.NullMarked;
