package dev.millrace.join.match;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.millrace.ingest.id.SampleIds;
import dev.millrace.ingest.proto.Action;
import dev.millrace.ingest.proto.DeadLetterReason;
import dev.millrace.ingest.proto.Impression;
import dev.millrace.ingest.spec.ModelSpec;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Matches the actions of one request with its impression, in event time. Immutable; the caller keeps the state of each
 * request ({@code null}: nothing) and calls {@link #advance} when event time reaches {@link #nextTimerMs}.
 *
 * <p>An action is judged in this order: id seen before: DUPLICATE; type without a label: IGNORED; item not shown:
 * ORPHAN; after the window, by its own time or because the window was closed already: LATE; item settled: DUPLICATE;
 * else it settles its item. An action that claims to be older than its impression counts (clocks differ).
 */
public final class RequestMatcher {
    /** Default bound of the actions of one request that wait for its impression, and of the ids remembered of it. */
    public static final int MAX_ACTIONS = 1_000;

    private final Map<String, MatchRules> rules;
    private final long holdMs;
    private final int maxActions;

    public RequestMatcher(Collection<ModelSpec> specs, int maxActions) {
        this.rules = specs.stream().collect(Collectors.toMap(ModelSpec::model, MatchRules::of));
        this.holdMs = rules.values().stream()
                .mapToLong(r -> r.windowMs() + r.latenessMs())
                .max()
                .orElse(0);
        this.maxActions = maxActions;
    }

    /** Whether impressions of the model can be matched. */
    public boolean knows(String model) {
        return rules.containsKey(model);
    }

    /** @throws IllegalArgumentException when the model is not known */
    public MatchState impression(@Nullable MatchState state, Impression impression, MatchOutput out) {
        if (state instanceof MatchState.Open || state instanceof MatchState.Closed) {
            out.repeated(impression);
            return state;
        }
        MatchState.Open open = open(impression);
        if (state instanceof MatchState.Waiting waiting) {
            settle(open, waiting.actions(), out);
        }
        return open;
    }

    private MatchState.Open open(Impression impression) {
        MatchRules its = rules.get(impression.getModel());
        if (its == null) {
            throw new IllegalArgumentException("no spec of model '" + impression.getModel() + "'");
        }
        ShownItems items = ShownItems.of(impression);
        return new MatchState.Open(
                impression.getModel(),
                impression.getTimeMs() + its.windowMs(),
                impression.toByteArray(),
                items,
                items.repeats(),
                new IdSet(maxActions));
    }

    public MatchState action(@Nullable MatchState state, Action action, MatchOutput out) {
        if (state instanceof MatchState.Open open) {
            settle(open, List.of(action), out);
            return open;
        }
        if (state instanceof MatchState.Closed closed) {
            boolean isNew = closed.seen().add(SampleIds.ofAction(action.getId()));
            out.rejected(action, closed.model(), afterwards(closed, action, isNew));
            return closed;
        }
        return hold(state, action, out);
    }

    private MatchState hold(@Nullable MatchState state, Action action, MatchOutput out) {
        MatchState.Waiting waiting =
                state instanceof MatchState.Waiting w ? w : new MatchState.Waiting(new ArrayList<>());
        if (waiting.actions().stream().anyMatch(a -> a.getId().equals(action.getId()))) {
            out.rejected(action, "", DeadLetterReason.DEAD_LETTER_REASON_DUPLICATE);
        } else if (waiting.actions().size() >= maxActions) {
            out.rejected(action, "", DeadLetterReason.DEAD_LETTER_REASON_ORPHAN);
        } else {
            waiting.actions().add(action);
        }
        return waiting;
    }

    private DeadLetterReason afterwards(MatchState.Closed closed, Action action, boolean isNew) {
        return judge(closed.model(), closed.items(), action, isNew).orElse(DeadLetterReason.DEAD_LETTER_REASON_LATE);
    }

    /** The reasons that hold in every state; empty when none does. */
    private Optional<DeadLetterReason> judge(String model, ShownItems items, Action action, boolean isNew) {
        if (!isNew) {
            return Optional.of(DeadLetterReason.DEAD_LETTER_REASON_DUPLICATE);
        }
        MatchRules its = rules.get(model);
        if (its == null || !its.labels().containsKey(action.getType())) {
            return Optional.of(DeadLetterReason.DEAD_LETTER_REASON_IGNORED);
        }
        if (items.indexOf(action.getItem()) == ShownItems.NOT_SHOWN) {
            return Optional.of(DeadLetterReason.DEAD_LETTER_REASON_ORPHAN);
        }
        return Optional.empty();
    }

    private void settle(MatchState.Open open, List<Action> actions, MatchOutput out) {
        List<Label> labels = new ArrayList<>();
        for (Action action : actions) {
            Optional<DeadLetterReason> reason = judge(open, action);
            if (reason.isPresent()) {
                out.rejected(action, open.model(), reason.get());
            } else {
                labels.add(label(open, action));
            }
        }
        emit(open, labels, out);
    }

    private Optional<DeadLetterReason> judge(MatchState.Open open, Action action) {
        boolean isNew = open.seen().add(SampleIds.ofAction(action.getId()));
        Optional<DeadLetterReason> reason = judge(open.model(), open.items(), action, isNew);
        if (reason.isPresent()) {
            return reason;
        }
        if (timeMs(action) > open.windowEndMs()) {
            return Optional.of(DeadLetterReason.DEAD_LETTER_REASON_LATE);
        }
        return open.settled().get(open.items().indexOf(action.getItem()))
                ? Optional.of(DeadLetterReason.DEAD_LETTER_REASON_DUPLICATE)
                : Optional.empty();
    }

    /** Nobody acts after the edge has heard of it: a client's clock that is ahead does not make its actions late. */
    private static long timeMs(Action action) {
        return Math.min(action.getTimeMs(), action.getAcceptedMs());
    }

    private Label label(MatchState.Open open, Action action) {
        int item = open.items().indexOf(action.getItem());
        open.settled().set(item);
        double value = java.util.Objects.requireNonNull(rules.get(open.model()))
                .labels()
                .getOrDefault(action.getType(), 0d);
        return new Label(item, (float) value, SampleIds.ofAction(action.getId()), timeMs(action));
    }

    private static void emit(MatchState.Open open, List<Label> labels, MatchOutput out) {
        if (!labels.isEmpty()) {
            try {
                out.labels(Impression.parseFrom(open.impression()), labels);
            } catch (InvalidProtocolBufferException e) {
                throw new IllegalStateException("the impression in a match state is damaged", e);
            }
        }
    }

    /** Event time at which the state must be advanced. */
    public long nextTimerMs(MatchState state) {
        if (state instanceof MatchState.Open open) {
            return open.windowEndMs();
        }
        if (state instanceof MatchState.Closed closed) {
            return closed.forgetMs();
        }
        return ((MatchState.Waiting) state)
                .actions().stream().mapToLong(this::orphanMs).min().orElse(Long.MIN_VALUE);
    }

    private long orphanMs(Action action) {
        return action.getAcceptedMs() + holdMs;
    }

    /** Event time has reached {@code timeMs}; does what is due, maybe nothing. Null: nothing is remembered any more. */
    public @Nullable MatchState advance(MatchState state, long timeMs, MatchOutput out) {
        if (timeMs < nextTimerMs(state)) {
            return state;
        }
        if (state instanceof MatchState.Open open) {
            return close(open, out);
        }
        return state instanceof MatchState.Waiting waiting ? drop(waiting, timeMs, out) : null;
    }

    private MatchState.Closed close(MatchState.Open open, MatchOutput out) {
        MatchRules its = rules.get(open.model());
        if (its != null && its.absenceIsNegative()) {
            emit(open, negatives(open), out);
        }
        long lateness = its == null ? 0 : its.latenessMs();
        return new MatchState.Closed(open.model(), open.windowEndMs() + lateness, open.items(), open.seen());
    }

    private static List<Label> negatives(MatchState.Open open) {
        List<Label> labels = new ArrayList<>();
        BitSet settled = open.settled();
        for (int item = settled.nextClearBit(0); item < open.items().size(); item = settled.nextClearBit(item + 1)) {
            labels.add(new Label(item, 0f, Label.NO_ACTION, open.windowEndMs()));
        }
        return labels;
    }

    private MatchState.@Nullable Waiting drop(MatchState.Waiting waiting, long timeMs, MatchOutput out) {
        List<Action> left = new ArrayList<>();
        for (Action action : waiting.actions()) {
            if (timeMs < orphanMs(action)) {
                left.add(action);
            } else {
                out.rejected(action, "", DeadLetterReason.DEAD_LETTER_REASON_ORPHAN);
            }
        }
        return left.isEmpty() ? null : new MatchState.Waiting(left);
    }
}
