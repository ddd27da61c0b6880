/**
 * Off-policy estimates against truth.
 *
 * <p>In: a simulated site whose people's taste is known. Out: a failing test when an interval does not cover it as often as it
 * says.
 */
@NullMarked
package dev.millrace.deploy.evaluate;

import org.jspecify.annotations.NullMarked;
