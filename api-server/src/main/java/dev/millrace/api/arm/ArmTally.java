package dev.millrace.api.arm;

import dev.millrace.ps.evidence.BettingTest;
import dev.millrace.ps.evidence.ConfidenceSequence;
import java.util.HashMap;
import java.util.Map;

/**
 * How one arm does: its scores on what was shown, whoever answered; what people did with what it answered; and both against
 * the champion. One observation is a request: its samples go together. One thread, or a lock around it.
 */
final class ArmTally {
    /** Of the intervals. */
    static final double ALPHA = 0.05;

    private static final double CLIP = 1e-6;
    /** Mean difference of a request's losses, in nats, beyond which it counts as this. */
    private static final double MOST = 1;

    private static final int SUMS = 8;

    private long requests;
    private long samples;
    private double losses;
    private long ranked;
    private double aucs;
    private long wins;
    private long defeats;
    private long ties;
    /** Two of them make the interval of a difference, so each may miss half as often. */
    private final ConfidenceSequence clicks = new ConfidenceSequence(0, 1, ALPHA / 2);

    private final BettingTest better = new BettingTest(0.1);
    private final BettingTest worse = new BettingTest(0.1);
    private final ConfidenceSequence lossGain = new ConfidenceSequence(-MOST, MOST, ALPHA);
    private final ConfidenceSequence aucGain = new ConfidenceSequence(-1, 1, ALPHA);
    private final ConfidenceSequence draftGain = new ConfidenceSequence(-1, 1, ALPHA);

    /** A request whose labels are all there. */
    void scored(RequestScore its) {
        requests++;
        samples += its.samples();
        losses += its.loss();
        if (!Double.isNaN(its.auc())) {
            ranked++;
            aucs += its.auc();
        }
    }

    /** The same request, as this arm and the champion scored it. */
    void compared(RequestScore its, RequestScore champion) {
        if (its.samples() != champion.samples()) {
            return;
        }
        double gain = champion.loss() / champion.samples() - its.loss() / its.samples();
        better.add(gain);
        worse.add(-gain);
        lossGain.add(gain);
        if (!Double.isNaN(its.auc())) {
            aucGain.add(its.auc() - champion.auc());
        }
    }

    /** A request that it answered. @param share of the items that were liked */
    void answered(double share) {
        clicks.add(share);
    }

    /** A request whose list it drafted in turn with the champion, and somebody liked something. */
    void drafted(int likedOfIts, int likedOfChampion) {
        int sign = Integer.signum(likedOfIts - likedOfChampion);
        wins += sign > 0 ? 1 : 0;
        defeats += sign < 0 ? 1 : 0;
        ties += sign == 0 ? 1 : 0;
        draftGain.add(sign);
    }

    /** Of one sample. @param label 0..1 */
    static double loss(double score, double label) {
        double p = Math.clamp(score, CLIP, 1 - CLIP);
        return -label * Math.log(p) - (1 - label) * Math.log(1 - p);
    }

    long requests() {
        return requests;
    }

    long samples() {
        return samples;
    }

    /** NaN before the first. */
    double logLoss() {
        return losses / samples;
    }

    /** Mean over requests that got both labels; NaN before the first. */
    double auc() {
        return aucs / ranked;
    }

    long wins() {
        return wins;
    }

    long defeats() {
        return defeats;
    }

    long ties() {
        return ties;
    }

    /** ln of the e-value that it is better than the champion by log loss. */
    double better() {
        return better.evidence();
    }

    double worse() {
        return worse.evidence();
    }

    ConfidenceSequence clicks() {
        return clicks;
    }

    /** The champion's log loss less its own, mean over requests. */
    ConfidenceSequence lossGain() {
        return lossGain;
    }

    ConfidenceSequence aucGain() {
        return aucGain;
    }

    ConfidenceSequence draftGain() {
        return draftGain;
    }

    /** All that it is, by name. */
    Map<String, double[]> state() {
        Map<String, double[]> state = new HashMap<>();
        state.put("sums", new double[] {requests, samples, losses, ranked, aucs, wins, defeats, ties});
        state.put("clicks", clicks.state());
        state.put("better", better.state());
        state.put("worse", worse.state());
        state.put("lossGain", lossGain.state());
        state.put("aucGain", aucGain.state());
        state.put("draftGain", draftGain.state());
        return state;
    }

    /** @throws IllegalArgumentException when this is no {@link #state} */
    void restore(Map<String, double[]> state) {
        double[] none = new double[0];
        double[] sums = state.getOrDefault("sums", none);
        if (sums.length != SUMS) {
            throw new IllegalArgumentException("a tally of " + sums.length + " sums");
        }
        requests = (long) sums[0];
        samples = (long) sums[1];
        losses = sums[2];
        ranked = (long) sums[3];
        aucs = sums[4];
        wins = (long) sums[5];
        defeats = (long) sums[6];
        ties = (long) sums[7];
        clicks.restore(state.getOrDefault("clicks", none));
        better.restore(state.getOrDefault("better", none));
        worse.restore(state.getOrDefault("worse", none));
        lossGain.restore(state.getOrDefault("lossGain", none));
        aucGain.restore(state.getOrDefault("aucGain", none));
        draftGain.restore(state.getOrDefault("draftGain", none));
    }
}
