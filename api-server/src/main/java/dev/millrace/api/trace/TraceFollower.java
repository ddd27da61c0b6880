package dev.millrace.api.trace;

import dev.millrace.api.log.LogListener;
import dev.millrace.ingest.feature.Canary;
import dev.millrace.ingest.id.SampleIds;
import dev.millrace.ingest.proto.Action;
import dev.millrace.ingest.proto.DeadLetter;
import dev.millrace.ingest.sample.SampleBlock;
import java.util.Set;

/** Writes into the trace index what the log tells. */
public final class TraceFollower implements LogListener {
    private final TraceIndex index;
    private final Set<String> labelTypes;

    /** @param labelTypes action types that are a label of some model */
    public TraceFollower(TraceIndex index, Set<String> labelTypes) {
        this.index = index;
        this.labelTypes = Set.copyOf(labelTypes);
    }

    /** The log has it; also for own posts, without waiting for the tail. */
    @Override
    public void action(Action action) {
        if (Canary.is(action)) {
            return;
        }
        long hash = SampleIds.ofAction(action.getId());
        index.accepted(hash, ActionContent.of(action), action.getAcceptedMs());
        if (!labelTypes.contains(action.getType())) {
            index.ended(hash, Status.IGNORED, action.getAcceptedMs());
        }
    }

    @Override
    public void samples(Place place, SampleBlock block) {
        for (int i = 0; i < block.size(); i++) {
            if (block.actionHash(i) != 0 && !block.isCanary(i)) {
                index.joined(block.actionHash(i), place, block.header().joinedMs());
            }
        }
    }

    @Override
    public void deadLetter(DeadLetter letter, boolean live) {
        Action action = letter.getAction();
        Status end = Status.of(letter.getReason());
        if (end != null && !Canary.is(action) && !action.getId().isEmpty()) {
            index.ended(SampleIds.ofAction(action.getId()), end, action.getAcceptedMs());
        }
    }
}
