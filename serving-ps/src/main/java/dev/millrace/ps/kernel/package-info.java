/**
 * Dense arithmetic on float arrays: matrix products.
 *
 * <p>In and out: row-major arrays. Depends on nothing, and uses the Vector API where the JVM was given it. A {@code Blas}
 * belongs to one thread.
 */
@NullMarked
package dev.millrace.ps.kernel;

import org.jspecify.annotations.NullMarked;
