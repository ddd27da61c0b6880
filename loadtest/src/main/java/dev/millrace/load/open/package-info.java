/**
 * HTTP load by one thread: an open loop at a steady pace, or a closed one to find the most that a server takes.
 *
 * <p>In: requests as bytes. Out: {@link dev.millrace.load.open.LoadResult}. Depends on HdrHistogram. A run belongs to the
 * thread that calls it.
 */
@NullMarked
package dev.millrace.load.open;

import org.jspecify.annotations.NullMarked;
