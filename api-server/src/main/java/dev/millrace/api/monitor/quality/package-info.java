/**
 * Mergeable sums behind the quality of served scores, and their versioned bytes.
 *
 * <p>In: scores, labels, weights. Out: sums that add exactly in any order, and the ratios made of them. Depends on
 * fastutil and protobuf's varints. No thread of its own: whoever holds the sums guards them.
 */
@NullMarked
package dev.millrace.api.monitor.quality;

import org.jspecify.annotations.NullMarked;
