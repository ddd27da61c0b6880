/**
 * Sample blocks: labelled sparse vectors in columns, what the join writes and the learner reads.
 *
 * <p>In: labels and feature vectors. Out: bytes of a versioned format. Depends on the feature vector. A block is
 * immutable; a builder belongs to one thread.
 */
@NullMarked
package dev.millrace.ingest.sample;

import org.jspecify.annotations.NullMarked;
