/**
 * Virtual threads that work through a list together.
 *
 * <p>In: pieces of work. Out: the first failure, if there is one. Depends on the JDK alone. A crew is owned by the thread
 * that made it.
 */
@NullMarked
package dev.millrace.load.crew;

import org.jspecify.annotations.NullMarked;
