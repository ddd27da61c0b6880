/**
 * Candidates to recommend: what is popular, new, acted on together, and near in the model's embeddings.
 *
 * <p>In: impressions and actions as the log tells them, stored items, weights. Out: lists of items, bounded. Depends on ingest,
 * serving-ps, api.log and JVector. Fed by thread {@code api-candidates}, indexed anew by {@code api-nearest}, asked by any.
 */
@NullMarked
package dev.millrace.api.candidate;

import org.jspecify.annotations.NullMarked;
