package dev.millrace.api.arm;

import dev.millrace.api.log.LogListener;
import dev.millrace.ingest.feature.Canary;
import dev.millrace.ingest.feature.EncodedImpression;
import dev.millrace.ingest.proto.Action;
import dev.millrace.ingest.proto.DeadLetter;
import dev.millrace.ingest.sample.SampleBlock;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;

/** The boards of all families that have arms; told by two tails, of impressions and of samples. */
public final class ArmBoards implements LogListener {
    private final Map<String, FamilyBoard> byModel = new TreeMap<>();
    private final Clock clock;

    /** @param slack added to a model's reward window, after which a request's labels must have come */
    public ArmBoards(Families families, Duration slack, Clock clock) {
        this.clock = clock;
        families.all().forEach((model, family) -> {
            if (family.hasArms()) {
                Duration hold = family.base().spec().rewardWindow().plus(slack);
                byModel.put(
                        model, new FamilyBoard(family, hold.toMillis(), FamilyBoard.Bounds.DEFAULT, clock.millis()));
            }
        });
    }

    Map<String, FamilyBoard> all() {
        return byModel;
    }

    @Override
    public void impression(EncodedImpression impression) {
        FamilyBoard board = byModel.get(impression.model());
        if (board != null && !Canary.is(impression)) {
            board.impression(impression, clock.millis());
        }
    }

    @Override
    public void samples(Place place, SampleBlock block) {
        FamilyBoard board = byModel.get(place.model());
        if (board != null && place.live() && block.size() > 0) {
            board.samples(block, clock.millis());
        }
    }

    @Override
    public void action(Action action) {}

    @Override
    public void deadLetter(DeadLetter letter, boolean live) {}
}
