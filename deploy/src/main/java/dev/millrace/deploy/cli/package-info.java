/**
 * The commands of the {@code millrace} command line.
 *
 * <p>In: options. Out: running services, replays, reports. Depends on deploy.embedded and loadtest. The main thread.
 */
@NullMarked
package dev.millrace.deploy.cli;

import org.jspecify.annotations.NullMarked;
