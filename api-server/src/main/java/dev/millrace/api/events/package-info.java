/**
 * Accepting actions: reading, recognizing duplicates, and telling when the log has them.
 *
 * <p>In: JSON of one or many actions. Out: actions on the log and what became of each. Depends on api.json, api.log and
 * api.trace. Runs on its caller's (virtual) thread.
 */
@NullMarked
package dev.millrace.api.events;

import org.jspecify.annotations.NullMarked;
