/**
 * The last requests for somebody to look into, with what people did about them, and the keys that requests touch most.
 *
 * <p>In: answered requests, actions of the log. Out: what the page asks when somebody picks a request. Depends on api.log,
 * api.rank and ps.explain. Request threads and the tail write, a thread of its own samples keys, any thread reads.
 */
@NullMarked
package dev.millrace.api.recent;

import org.jspecify.annotations.NullMarked;
