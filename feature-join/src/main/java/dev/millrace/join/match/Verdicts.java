package dev.millrace.join.match;

import dev.millrace.ingest.id.SampleIds;
import dev.millrace.ingest.proto.Action;
import dev.millrace.ingest.proto.DeadLetterReason;
import dev.millrace.ingest.spec.Labels;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of an action whose impression is here. Immutable.
 *
 * <p>Judged in this order: so long before the impression that it would not have waited for it: ORPHAN; id seen before:
 * DUPLICATE; a type that no model has a label for, of those that still could use it: IGNORED; item not shown: ORPHAN; more
 * than are remembered: TOO_MANY. Then model by model: accepted after the window, or come after event time
 * had closed it: LATE, unless the model corrects; changes nothing: UNDO_WITHOUT for an undo, else DUPLICATE. It counts if
 * it does for one model; else the reason that is nearest to a label is told. An action that claims to be older than its
 * impression counts (clocks differ).
 */
final class Verdicts {
    private static final DeadLetterReason COUNTS = DeadLetterReason.DEAD_LETTER_REASON_UNSPECIFIED;
    /** The nearer to a label the earlier. */
    private static final List<DeadLetterReason> NEAREST = List.of(
            COUNTS,
            DeadLetterReason.DEAD_LETTER_REASON_DUPLICATE,
            DeadLetterReason.DEAD_LETTER_REASON_UNDO_WITHOUT,
            DeadLetterReason.DEAD_LETTER_REASON_LATE,
            DeadLetterReason.DEAD_LETTER_REASON_IGNORED);

    private final Map<String, MatchRules> rules;
    private final long holdMs;
    private final int maxActions;

    /** @param holdMs how long an action waits for its impression */
    Verdicts(Map<String, MatchRules> rules, long holdMs, int maxActions) {
        this.rules = rules;
        this.holdMs = holdMs;
        this.maxActions = maxActions;
    }

    void judge(Shown shown, Action action, Samples samples, MatchOutput out) {
        DeadLetterReason reason = reason(shown, action, samples);
        if (reason == COUNTS) {
            out.counted(action);
        } else {
            out.rejected(action, shown.model(), reason);
        }
    }

    private DeadLetterReason reason(Shown shown, Action action, Samples samples) {
        if (shownMs(shown) > action.getAcceptedMs() + holdMs) {
            return DeadLetterReason.DEAD_LETTER_REASON_ORPHAN;
        }
        if (!shown.seen().add(SampleIds.ofAction(action.getId()))) {
            return DeadLetterReason.DEAD_LETTER_REASON_DUPLICATE;
        }
        List<Track> tracks = shown.tracks().stream()
                .filter(track -> action.getAcceptedMs() <= track.lateEndMs())
                .toList();
        if (tracks.stream().noneMatch(track -> knows(track, action.getType()))) {
            return DeadLetterReason.DEAD_LETTER_REASON_IGNORED;
        }
        int item = shown.items().indexOf(action.getItem());
        if (item == ShownItems.NOT_SHOWN) {
            return DeadLetterReason.DEAD_LETTER_REASON_ORPHAN;
        }
        if (shown.deeds().size() >= maxActions) {
            return DeadLetterReason.DEAD_LETTER_REASON_TOO_MANY;
        }
        Deed deed = deed(shown, action, item);
        DeadLetterReason nearest = DeadLetterReason.DEAD_LETTER_REASON_IGNORED;
        for (Track track : tracks) {
            DeadLetterReason its = judge(shown, track, rules.get(track.name()), deed, samples);
            nearest = NEAREST.indexOf(its) < NEAREST.indexOf(nearest) ? its : nearest;
        }
        if (nearest == COUNTS) {
            shown.deeds().add(deed);
        }
        return nearest;
    }

    /** When the impression was made, as its windows tell. */
    private long shownMs(Shown shown) {
        long shownMs = Long.MAX_VALUE;
        for (Track track : shown.tracks()) {
            MatchRules its = rules.get(track.name());
            shownMs = Math.min(shownMs, its == null ? Long.MIN_VALUE : track.windowEndMs() - its.windowMs());
        }
        return shownMs;
    }

    private boolean knows(Track track, String type) {
        MatchRules its = rules.get(track.name());
        return its != null && its.knows(type);
    }

    /** What comes after a window has closed is late to it, whatever its stamp. */
    private static Deed deed(Shown shown, Action action, int item) {
        long stampMs = action.getAcceptedMs();
        for (Track track : shown.tracks()) {
            if (track.isClosed()) {
                stampMs = Math.max(stampMs, track.windowEndMs() + 1);
            }
        }
        // Nobody acts after the edge has heard of it: a client's clock that is ahead changes no label's time.
        long timeMs = Math.min(action.getTimeMs(), action.getAcceptedMs());
        return new Deed(item, action.getType(), action.getValue(), stampMs, timeMs, SampleIds.ofAction(action.getId()));
    }

    private static DeadLetterReason judge(
            Shown shown, Track track, @Nullable MatchRules its, Deed deed, Samples samples) {
        if (its == null || !its.knows(deed.type())) {
            return DeadLetterReason.DEAD_LETTER_REASON_IGNORED;
        }
        boolean late = track.isLate(deed);
        // Kept no longer, if the model did not correct when the window closed.
        boolean gone = late && shown.impression().length == 0;
        if (gone || !track.takes(deed, its, late)) {
            return DeadLetterReason.DEAD_LETTER_REASON_LATE;
        }
        if (track.samples(deed.item()) >= Track.MAX_REVISIONS) {
            return DeadLetterReason.DEAD_LETTER_REASON_DUPLICATE;
        }
        Tally tally = Tally.of(its, shown.deeds(), deed.item(), track, late);
        Worth before = worth(its, tally);
        double amount = tally.amount();
        if (!tally.add(deed, late)) {
            return its.labels().rules().get(deed.type()) instanceof Labels.Undo
                    ? DeadLetterReason.DEAD_LETTER_REASON_UNDO_WITHOUT
                    : DeadLetterReason.DEAD_LETTER_REASON_DUPLICATE;
        }
        if (its.immediate()) {
            samples.increment(its, track, deed, amount, tally.amount());
        } else if (track.isClosed()) {
            samples.corrected(its, track, deed, before, worth(its, tally));
        } else if (!late && tally.isSettled()) {
            samples.settled(its, track, deed.item(), tally);
        }
        return COUNTS;
    }

    /** What is out of a closed window's item; null: nothing. */
    private static @Nullable Worth worth(MatchRules its, Tally tally) {
        return tally.isEmpty() && !its.absenceIsNegative() ? null : its.worth(tally.amount());
    }

    /** Late actions that came before event time had closed the window, in their order. */
    void correctWithPending(Shown shown, Track track, MatchRules its, Samples samples) {
        for (int item = 0; item < shown.items().size(); item++) {
            Tally tally = Tally.of(its, shown.deeds(), item, track, false);
            for (Deed deed : shown.deeds()) {
                if (deed.item() == item && its.knows(deed.type()) && track.takes(deed, its, true)) {
                    Worth before = worth(its, tally);
                    if (tally.add(deed, true)) {
                        samples.corrected(its, track, deed, before, worth(its, tally));
                    }
                }
            }
        }
    }
}
