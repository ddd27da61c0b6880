/**
 * Holds the module table and the layering rules of the architecture.
 *
 * <p>In: the compiled classes of every module. Out: a failing test for each dependency that the table does not allow.
 * A new room or rule is a new constant of {@link Module} or {@link Layering}, the latter with code that breaks it.
 */
@NullMarked
package dev.millrace.deploy.architecture;

import org.jspecify.annotations.NullMarked;
