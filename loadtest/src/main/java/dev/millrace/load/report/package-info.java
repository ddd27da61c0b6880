/**
 * What a run was worth: exact quality of the scores that a client saw, latencies, and the report.
 *
 * <p>In: scores with labels, times. Out: {@link dev.millrace.load.report.Report}, as JSON too. Depends on HdrHistogram,
 * fastutil and Jackson. Collectors are shared by threads.
 */
@NullMarked
package dev.millrace.load.report;

import org.jspecify.annotations.NullMarked;
