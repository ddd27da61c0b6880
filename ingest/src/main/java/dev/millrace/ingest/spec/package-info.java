/**
 * The model spec: what a model predicts, from which attributes, how it learns, and its policies.
 *
 * <p>In: YAML. Out: {@link dev.millrace.ingest.spec.ModelSpec}, or every problem that it has. Depends on nothing but
 * the feature-id hash. Everything is immutable.
 */
@NullMarked
package dev.millrace.ingest.spec;

import org.jspecify.annotations.NullMarked;
