package dev.millrace.api.candidate;

import dev.millrace.api.log.LogListener;
import dev.millrace.ingest.feature.Canary;
import dev.millrace.ingest.feature.EncodedImpression;
import dev.millrace.ingest.proto.Action;
import dev.millrace.ingest.proto.DeadLetter;
import dev.millrace.ingest.sample.SampleBlock;
import java.util.Map;

/** Tells the indexes of all models what the log holds. */
public final class CandidateFollower implements LogListener {
    private final Map<String, CandidateIndex> byModel;

    /** @param byModel by the model whose impressions they learn from */
    public CandidateFollower(Map<String, CandidateIndex> byModel) {
        this.byModel = Map.copyOf(byModel);
    }

    @Override
    public void impression(EncodedImpression impression) {
        CandidateIndex index = byModel.get(impression.model());
        if (index != null && !Canary.is(impression)) {
            long person = CandidateIndex.person(impression.user(), impression.session());
            index.shown(impression.requestId(), person);
        }
    }

    /** An action names no model: each index finds out whether the request is one of its own. */
    @Override
    public void action(Action action) {
        if (!Canary.is(action)) {
            byModel.values().forEach(index -> index.acted(action));
        }
    }

    @Override
    public void samples(Place place, SampleBlock block) {}

    @Override
    public void deadLetter(DeadLetter letter, boolean live) {}
}
