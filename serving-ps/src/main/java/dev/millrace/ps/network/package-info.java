/**
 * What a spec's network computes from embeddings, forward for serving and learning, and backward for learning.
 *
 * <p>In: pooled embeddings of samples, the layers' parameters. Out: outputs, gradients. Depends on ingest and ps.kernel.
 * A network belongs to one thread.
 */
@NullMarked
package dev.millrace.ps.network;

import org.jspecify.annotations.NullMarked;
