/**
 * The {@code millrace} command line's entry.
 *
 * <p>In: arguments. Out: an exit code. Depends on deploy.cli. One thread.
 */
@NullMarked
package dev.millrace.deploy;

import org.jspecify.annotations.NullMarked;
