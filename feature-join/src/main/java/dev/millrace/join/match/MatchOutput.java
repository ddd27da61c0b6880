package dev.millrace.join.match;

import dev.millrace.ingest.feature.EncodedImpression;
import dev.millrace.ingest.proto.Action;
import dev.millrace.ingest.proto.DeadLetterReason;
import java.util.List;

/** Where a match's decisions go, in the order they are made. Every action ends in exactly one of the last three. */
public interface MatchOutput {
    /**
     * Samples of one impression that are settled now; never empty.
     *
     * @param model whose labels they are
     */
    void labels(EncodedImpression impression, String model, List<Label> labels);

    /** An action counts for the label of at least one model: at once, or when its window ends. */
    void counted(Action action);

    /**
     * An action that counts for no label.
     *
     * @param model of its impression; empty when that was never seen
     */
    void rejected(Action action, String model, DeadLetterReason reason);

    /** Another impression of a request id that has one: a client's retry, dropped. */
    void repeated(EncodedImpression impression);
}
