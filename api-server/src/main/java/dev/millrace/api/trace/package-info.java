/**
 * The way of each action through the loop: accepted, joined, learned, served, or why not.
 *
 * <p>In: what the tail reads and which weights serve. Out: an action's trace, at once or when it has got somewhere. Depends on
 * api.log and ps.serve. One lock guards the index; nobody waits within it.
 */
@NullMarked
package dev.millrace.api.trace;

import org.jspecify.annotations.NullMarked;
