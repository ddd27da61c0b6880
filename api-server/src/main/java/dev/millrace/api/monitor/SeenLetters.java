package dev.millrace.api.monitor;

import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.id.SampleIds;
import dev.millrace.ingest.proto.Action;
import dev.millrace.ingest.proto.DeadLetter;
import it.unimi.dsi.fastutil.longs.LongLinkedOpenHashSet;

/** The last dead letters of actions, since after a fault the join sends again what it sent. One thread, the tail's. */
final class SeenLetters {
    private final LongLinkedOpenHashSet seen = new LongLinkedOpenHashSet();
    private final int capacity;

    SeenLetters(int capacity) {
        this.capacity = capacity;
    }

    /** Always, where the letter has no action: nothing tells a second record that is as bad from the first. */
    boolean isNew(DeadLetter letter) {
        Action action = letter.getAction();
        if (action.getId().isEmpty()) {
            return true;
        }
        long copy = FeatureIds.cross(SampleIds.ofAction(action.getId()), action.getAcceptedMs());
        if (!seen.add(FeatureIds.cross(copy, letter.getReasonValue()))) {
            return false;
        }
        if (seen.size() > capacity) {
            seen.removeFirstLong();
        }
        return true;
    }
}
