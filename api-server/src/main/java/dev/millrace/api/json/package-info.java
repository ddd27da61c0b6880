/**
 * Strict reading of JSON: every refusal names the field's path and the fix.
 *
 * <p>In: bytes. Out: checked values, or a problem. Depends on jackson-core and api.problem. A cursor belongs to one thread.
 */
@NullMarked
package dev.millrace.api.json;

import org.jspecify.annotations.NullMarked;
