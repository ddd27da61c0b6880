/**
 * The command line, as a person starts it.
 *
 * <p>In: arguments. Out: exit codes and texts. Depends on the launcher.
 */
@NullMarked
package dev.millrace.deploy.cli;

import org.jspecify.annotations.NullMarked;
