/**
 * From raw attributes to 64-bit feature ids: the one vectorizer that serving and joining both call.
 *
 * <p>In: a {@link dev.millrace.ingest.spec.ModelSpec} and {@link dev.millrace.ingest.feature.RawFeatures}. Out: a
 * {@link dev.millrace.ingest.feature.FeatureVector}. Depends on the spec alone. A Vectorizer is shared by threads;
 * its Request and FeatureVector belong to one.
 */
@NullMarked
package dev.millrace.ingest.feature;

import org.jspecify.annotations.NullMarked;
