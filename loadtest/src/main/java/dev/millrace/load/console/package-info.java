/**
 * A few lines of a terminal that are updated in place, or plain lines where there is no terminal.
 *
 * <p>In: text. Out: characters on a stream. Depends on the JDK alone. A screen belongs to one thread.
 */
@NullMarked
package dev.millrace.load.console;

import org.jspecify.annotations.NullMarked;
