/**
 * The vector: a label and the raw features as served become a sample, by the code that serving scores with.
 *
 * <p>In: impressions and labels. Out: samples. Depends on {@code join.match}'s labels and ingest's vectorizer; knows no
 * Flink. A maker of vectors belongs to one thread; a sample is immutable.
 */
@NullMarked
package dev.millrace.join.vector;

import org.jspecify.annotations.NullMarked;
