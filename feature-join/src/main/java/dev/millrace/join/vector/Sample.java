package dev.millrace.join.vector;

import dev.millrace.ingest.feature.FeatureVector;
import dev.millrace.ingest.sample.SampleBlockBuilder;

/**
 * One labelled vector of a model, on its way into a block.
 *
 * @param vector never changed again
 */
public record Sample(String model, SampleBlockBuilder.Meta meta, FeatureVector vector) {}
