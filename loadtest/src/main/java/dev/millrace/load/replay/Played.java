package dev.millrace.load.replay;

import dev.millrace.load.client.RankRequest;
import java.util.List;

/**
 * One request after it was played. Times: milliseconds since the epoch by the client's clock.
 *
 * @param shown what the answer held, best first
 */
record Played(RankRequest rank, long sentMs, long receivedMs, List<Shown> shown) {
    static final long NEVER = -1;

    /**
     * @param label 0..1; NaN where the model learns nothing of the item
     * @param actionMs when the labelled action was posted; {@link #NEVER} without one
     * @param servedMs when the client learned that serving has it; {@link #NEVER} without
     */
    record Shown(String item, double score, double label, long actionMs, long servedMs) {}
}
