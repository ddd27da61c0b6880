/**
 * The floor that ranking is measured against: the same server, the same JSON in and out, no model.
 *
 * <p>In: rank requests. Out: answers of the same shape. Depends on Micronaut. Runs on the event loop.
 */
@NullMarked
package dev.millrace.api.bench;

import org.jspecify.annotations.NullMarked;
