package dev.millrace.join.match;

import dev.millrace.ingest.feature.EncodedImpression;
import dev.millrace.ingest.proto.Action;
import dev.millrace.ingest.proto.DeadLetterReason;
import dev.millrace.ingest.spec.ModelSpec;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Matches the actions of one request with its impression, in event time, for every model that learns from it. Immutable;
 * the caller keeps the state of each request ({@code null}: nothing) and calls {@link #advance} when event time reaches
 * {@link #nextTimerMs}.
 *
 * <p>What an action becomes follows from the stamps of the log and the order of its partition ({@link Verdicts}), so that
 * a restart, a replay and another parallelism judge alike, as long as the log's disorder stays within its bound.
 */
public final class RequestMatcher {
    /** Default bound of the actions of one request that wait for its impression, and of the actions remembered of it. */
    public static final int MAX_ACTIONS = 1_000;

    private final Map<String, MatchRules> rules;
    private final Map<String, List<MatchRules>> learners;
    private final Verdicts verdicts;
    private final long holdMs;
    private final int maxActions;

    public RequestMatcher(Collection<ModelSpec> specs, int maxActions) {
        List<MatchRules> all =
                specs.stream().flatMap(spec -> MatchRules.of(spec).stream()).toList();
        this.rules = all.stream().collect(Collectors.toMap(MatchRules::track, r -> r));
        this.learners = all.stream().collect(Collectors.groupingBy(MatchRules::learnsFrom));
        this.holdMs = rules.values().stream()
                .mapToLong(r -> r.windowMs() + r.latenessMs())
                .max()
                .orElse(0);
        this.verdicts = new Verdicts(rules, holdMs, maxActions);
        this.maxActions = maxActions;
    }

    /** Whether somebody learns from impressions of the model. */
    public boolean knows(String model) {
        return learners.containsKey(model);
    }

    /**
     * @param nowMs event time
     * @throws IllegalArgumentException when nobody learns from its model
     */
    public MatchState impression(
            @Nullable MatchState state, EncodedImpression impression, long nowMs, MatchOutput out) {
        if (state != null && state.shown() != null) {
            out.repeated(impression);
            return state;
        }
        Shown shown = shown(impression, nowMs);
        Samples samples = new Samples(shown, impression);
        for (Track track : shown.tracks()) {
            MatchRules its = rules.get(track.name());
            if (its != null && its.immediate()) {
                absences(shown, track, its, impression.timeMs(), samples);
            }
        }
        List<Held> left = new ArrayList<>();
        for (Held held : state == null ? List.<Held>of() : state.waiting()) {
            if (held.action().getAcceptedMs() > shown.lateEndMs()) {
                left.add(held);
            } else {
                verdicts.judge(shown, held.action(), samples, out);
            }
        }
        samples.send(out);
        return new MatchState(shown, left);
    }

    private Shown shown(EncodedImpression impression, long nowMs) {
        List<MatchRules> its = learners.get(impression.model());
        if (its == null) {
            throw new IllegalArgumentException("no spec learns from model '" + impression.model() + "'");
        }
        ShownItems items = ShownItems.of(impression);
        List<Track> tracks = new ArrayList<>();
        its.forEach(each -> tracks.add(Track.open(each, impression.timeMs(), nowMs, items)));
        return new Shown(
                impression.model(), impression.toByteArray(), items, new IdSet(maxActions), new ArrayList<>(), tracks);
    }

    private static void absences(Shown shown, Track track, MatchRules its, long timeMs, Samples samples) {
        for (int item = 0; item < shown.items().size(); item++) {
            if (track.samples(item) == 0) {
                samples.absent(its, track, item, timeMs);
            }
        }
    }

    /** @param nowMs event time */
    public MatchState action(@Nullable MatchState state, Action action, long nowMs, MatchOutput out) {
        Shown shown = state == null ? null : state.shown();
        if (state == null || shown == null || action.getAcceptedMs() > shown.lateEndMs()) {
            return hold(state, new Held(action, Math.max(action.getAcceptedMs(), nowMs)), out);
        }
        Samples samples = new Samples(shown, null);
        verdicts.judge(shown, action, samples, out);
        samples.send(out);
        return state;
    }

    private MatchState hold(@Nullable MatchState state, Held held, MatchOutput out) {
        List<Held> waiting = state == null ? new ArrayList<>() : new ArrayList<>(state.waiting());
        if (waiting.size() >= maxActions) {
            out.rejected(held.action(), "", DeadLetterReason.DEAD_LETTER_REASON_TOO_MANY);
        } else {
            // The same one again too: whether it is a duplicate is seen when it is judged.
            waiting.add(held);
        }
        return new MatchState(state == null ? null : state.shown(), waiting);
    }

    /** Event time at which the state must be advanced. */
    public long nextTimerMs(MatchState state) {
        long timerMs = Long.MAX_VALUE;
        for (Held held : state.waiting()) {
            timerMs = Math.min(timerMs, held.sinceMs() + holdMs);
        }
        if (state.shown() != null) {
            for (Track track : state.shown().tracks()) {
                timerMs = Math.min(timerMs, track.timerMs());
            }
        }
        return timerMs;
    }

    /** Event time has reached {@code timeMs}; does what is due, maybe nothing. Null: nothing is remembered any more. */
    public @Nullable MatchState advance(MatchState state, long timeMs, MatchOutput out) {
        if (timeMs < nextTimerMs(state)) {
            return state;
        }
        Shown shown = state.shown();
        return MatchState.of(shown == null ? null : advance(shown, timeMs, out), drop(state.waiting(), timeMs, out));
    }

    private @Nullable Shown advance(Shown shown, long timeMs, MatchOutput out) {
        Samples samples = new Samples(shown, null);
        List<Track> left = new ArrayList<>();
        boolean needed = false;
        for (Track track : shown.tracks()) {
            MatchRules its = rules.get(track.name());
            if (!track.isClosed() && track.timerMs() <= timeMs) {
                if (its != null) {
                    close(shown, track, its, samples);
                }
                track.close(its == null ? 0 : its.latenessMs());
            }
            if (!track.isClosed() || track.timerMs() > timeMs) {
                left.add(track);
                needed |= !track.isClosed() || (its != null && its.corrects());
            }
        }
        samples.send(out);
        if (left.isEmpty()) {
            return null;
        }
        Shown after = new Shown(shown.model(), shown.impression(), shown.items(), shown.seen(), shown.deeds(), left);
        return needed ? after : after.without();
    }

    /** The window's end: what was not settled before is now; then what came late corrects it. */
    private void close(Shown shown, Track track, MatchRules its, Samples samples) {
        if (its.immediate()) {
            return;
        }
        for (int item = 0; item < shown.items().size(); item++) {
            if (track.samples(item) == 0) {
                Tally tally = Tally.of(its, shown.deeds(), item, track, false);
                if (!tally.isEmpty()) {
                    samples.settled(its, track, item, tally);
                } else if (its.absenceIsNegative()) {
                    samples.absent(its, track, item, track.windowEndMs());
                }
            }
        }
        if (its.corrects()) {
            verdicts.correctWithPending(shown, track, its, samples);
        }
    }

    private List<Held> drop(List<Held> waiting, long timeMs, MatchOutput out) {
        List<Held> left = new ArrayList<>();
        for (Held held : waiting) {
            if (timeMs < held.sinceMs() + holdMs) {
                left.add(held);
            } else {
                out.rejected(held.action(), "", DeadLetterReason.DEAD_LETTER_REASON_ORPHAN);
            }
        }
        return left;
    }
}
