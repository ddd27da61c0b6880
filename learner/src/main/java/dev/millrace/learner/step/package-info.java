/**
 * Forward and backward: what one sample does to the rows that it touches.
 *
 * <p>In: samples and the training table. Out: changed rows, and their keys. Depends on ps.model and ps.table. Belongs
 * to the thread that owns the table.
 */
@NullMarked
package dev.millrace.learner.step;

import org.jspecify.annotations.NullMarked;
