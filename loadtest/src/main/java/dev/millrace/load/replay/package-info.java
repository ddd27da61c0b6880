/**
 * Plays recorded people through the public API, each waiting for what it did to be learned before it goes on.
 *
 * <p>In: {@link dev.millrace.load.replay.ReplayOptions}. Out: {@link dev.millrace.load.report.Report}. Depends on the
 * other packages of {@code load} and on ingest's sample ids. One virtual thread a user; the caller's shows progress.
 */
@NullMarked
package dev.millrace.load.replay;

import org.jspecify.annotations.NullMarked;
