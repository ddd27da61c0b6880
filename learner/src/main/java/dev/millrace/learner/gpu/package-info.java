/**
 * The step of factorization and deep models on a GPU: CUDA kernels of our own, through the driver's API.
 *
 * <p>In: samples and the training table. Out: changed rows, and their keys. Depends on learner.step, ps.network, JCuda.
 * Belongs to the thread that owns the table; the device works behind it.
 */
@NullMarked
package dev.millrace.learner.gpu;

import org.jspecify.annotations.NullMarked;
