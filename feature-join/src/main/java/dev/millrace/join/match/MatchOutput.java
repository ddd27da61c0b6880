package dev.millrace.join.match;

import dev.millrace.ingest.proto.Action;
import dev.millrace.ingest.proto.DeadLetterReason;
import dev.millrace.ingest.proto.Impression;
import java.util.List;

/** Where a match's decisions go, in the order they are made. Every action ends in exactly one of them. */
public interface MatchOutput {
    /** Items of one impression that are settled now; never empty. */
    void labels(Impression impression, List<Label> labels);

    /**
     * An action that made no label.
     *
     * @param model of its impression; empty when that was never seen
     */
    void rejected(Action action, String model, DeadLetterReason reason);

    /** Another impression of a request id that has one: a client's retry, dropped. */
    void repeated(Impression impression);
}
