package dev.millrace.deploy.evaluate;

import dev.millrace.ingest.feature.EncodedImpression;
import dev.millrace.ingest.proto.Action;
import dev.millrace.ingest.proto.DeadLetterReason;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.join.match.Label;
import dev.millrace.join.match.MatchOutput;
import dev.millrace.join.match.MatchState;
import dev.millrace.join.match.RequestMatcher;
import java.util.Comparator;
import java.util.List;

/**
 * What the items of an impression earned: the labels that the join makes of its actions, by the join's own rules, each
 * item's label times its weight, summed over corrections. An item without a label earned 0. One thread.
 */
final class Rewards {
    private final RequestMatcher matcher;
    private final String model;

    Rewards(ModelSpec spec) {
        matcher = new RequestMatcher(List.of(spec), RequestMatcher.MAX_ACTIONS);
        model = spec.model();
    }

    /** @param actions all of the request, any order */
    double[] of(EncodedImpression impression, List<Action> actions) {
        double[] rewards = new double[impression.items()];
        MatchOutput out = new Sum(rewards);
        MatchState state = matcher.impression(null, impression, impression.timeMs(), out);
        List<Action> ordered = actions.stream()
                .sorted(Comparator.comparingLong(Action::getAcceptedMs))
                .toList();
        for (Action action : ordered) {
            state = state == null ? null : matcher.advance(state, action.getAcceptedMs() - 1, out);
            if (state == null) {
                // Too late for any label.
                return rewards;
            }
            state = matcher.action(state, action, action.getAcceptedMs(), out);
        }
        while (state != null && matcher.nextTimerMs(state) < Long.MAX_VALUE) {
            state = matcher.advance(state, matcher.nextTimerMs(state), out);
        }
        return rewards;
    }

    private final class Sum implements MatchOutput {
        private final double[] rewards;

        Sum(double[] rewards) {
            this.rewards = rewards;
        }

        @Override
        public void labels(EncodedImpression impression, String its, List<Label> labels) {
            if (its.equals(model)) {
                // Of a model with heads, what its first one is worth.
                labels.stream()
                        .filter(label -> label.of(0))
                        .forEach(label -> rewards[label.item()] += label.value() * label.weight());
            }
        }

        @Override
        public void counted(Action action) {}

        @Override
        public void rejected(Action action, String its, DeadLetterReason reason) {}

        @Override
        public void repeated(EncodedImpression impression) {}
    }
}
