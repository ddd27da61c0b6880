package dev.millrace.api.log;

import dev.millrace.ingest.feature.EncodedImpression;
import dev.millrace.ingest.proto.Action;
import dev.millrace.ingest.proto.DeadLetter;
import dev.millrace.ingest.sample.SampleBlock;

/** Told of each record that the tail reads, in the order of its partition; must not block. */
public interface LogListener {
    /** Only a tail that reads impressions tells of them. */
    default void impression(EncodedImpression impression) {}

    void action(Action action);

    void samples(Place place, SampleBlock block);

    /** @param live whether it was appended after this process began to read */
    void deadLetter(DeadLetter letter, boolean live);

    /**
     * Where a block of samples stands.
     *
     * @param live whether it was appended after this process began to read
     */
    record Place(String model, int partition, long offset, boolean live) {}
}
