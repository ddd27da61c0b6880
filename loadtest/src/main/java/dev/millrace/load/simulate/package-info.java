/**
 * Simulated people with hidden, drifting tastes who play against the public API: the demo's players.
 *
 * <p>In: {@link dev.millrace.load.simulate.DemoOptions}. Out: a snapshot a second and
 * {@link dev.millrace.load.simulate.DemoResult}. Depends on the client, the crew, the console and the report's metrics.
 * One virtual thread a player; snapshots come on the caller's.
 */
@NullMarked
package dev.millrace.load.simulate;

import org.jspecify.annotations.NullMarked;
