package dev.millrace.learner.bus;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;

/**
 * What the samples of the last hours were like: decayed sums of requests, into which new ones come when they are old
 * enough for nobody to have objected. One thread.
 *
 * <pre>
 *  0 requests   1 Σ mean loss   2 Σ label rate   3 Σ (label rate − mean score)
 *  4 5 samples of label 0, 1    6 7 Σ their loss     8 Σ (candidate − served loss)²
 *  9 Σ mean loss as of a model of the samples that were kept
 * </pre>
 *
 * <p>Until the model has once predicted about as well as the label rate alone would, what came first fades quickly: a cold
 * start, where positives come before their negatives, is nothing to compare with.
 */
final class Reference {
    static final int REQUESTS = 0;
    static final int LOSS = 1;
    static final int RATE = 2;
    static final int RESIDUAL = 3;
    static final int COUNT_OF = 4;
    static final int LOSS_OF = 6;
    static final int DIFFERENCE = 8;
    static final int KEPT_LOSS = 9;
    private static final int SUMS = 10;
    /** Of {@link #toLongs}. */
    static final int LONGS = 2 + SUMS;

    private static final int MAX_BUCKETS = 4_096;

    private static final double FADES = 0.5;

    private final GateConfig config;
    private final long quarantineMs;
    private final long halfLifeMs;
    private boolean settled;
    private final double[] sums = new double[SUMS];
    private final Deque<Bucket> young = new ArrayDeque<>();
    private long decayedToMs;

    private record Bucket(long second, double[] sums) {}

    Reference(GateConfig config) {
        this.config = config;
        quarantineMs = config.quarantine().toMillis();
        halfLifeMs = config.halfLife().toMillis();
    }

    /** Whether it is one to compare with; once it is, it stays. */
    boolean settled() {
        return settled;
    }

    private void settle() {
        if (settled || sums[REQUESTS] < config.warmUp()) {
            return;
        }
        double rate = Math.clamp(mean(RATE), 0, 1);
        double ofRateAlone = entropy(rate) + entropy(1 - rate);
        settled = mean(KEPT_LOSS) <= ofRateAlone * (1 + config.lossMargin()) + config.lossSlack();
        if (!settled) {
            for (int i = 0; i < SUMS; i++) {
                sums[i] *= FADES;
            }
        }
    }

    private static double entropy(double p) {
        return p <= 0 ? 0 : -p * Math.log(p);
    }

    /** Adds to what came at this time, which does not go back. */
    void add(long nowMs, int sum, double value) {
        long second = nowMs / 1000;
        Bucket last = young.peekLast();
        if (last == null || second > last.second()) {
            mature(nowMs);
            last = new Bucket(second, new double[SUMS]);
            young.addLast(last);
        }
        last.sums()[sum] += value;
    }

    private void mature(long nowMs) {
        while (!young.isEmpty()
                && (young.getFirst().second() * 1000 + 1000 + quarantineMs <= nowMs || young.size() > MAX_BUCKETS)) {
            if (nowMs > decayedToMs && decayedToMs > 0) {
                double kept = Math.pow(0.5, (double) (nowMs - decayedToMs) / halfLifeMs);
                for (int i = 0; i < SUMS; i++) {
                    sums[i] *= kept;
                }
            }
            decayedToMs = Math.max(decayedToMs, nowMs);
            double[] old = young.removeFirst().sums();
            for (int i = 0; i < SUMS; i++) {
                sums[i] += old[i];
            }
            settle();
        }
    }

    /** What is too young is forgotten: it may be what somebody objects to. */
    void forgetYoung() {
        young.clear();
    }

    double sum(int which) {
        return sums[which];
    }

    /** Of one sum a request. */
    double mean(int which) {
        return sums[which] / sums[REQUESTS];
    }

    /** Mean loss of samples with this label; over all where there were none. */
    double lossOf(int label) {
        return sums[COUNT_OF + label] < 1 ? mean(LOSS) : sums[LOSS_OF + label] / sums[COUNT_OF + label];
    }

    long[] toLongs() {
        long[] longs = new long[LONGS];
        longs[0] = decayedToMs;
        for (int i = 0; i < SUMS; i++) {
            longs[1 + i] = Double.doubleToRawLongBits(sums[i]);
        }
        longs[1 + SUMS] = settled ? 1 : 0;
        return longs;
    }

    /** What {@link #toLongs} gave; anything else begins anew. */
    void restore(long[] longs) {
        Arrays.fill(sums, 0);
        young.clear();
        decayedToMs = 0;
        settled = false;
        if (longs.length == LONGS) {
            decayedToMs = longs[0];
            for (int i = 0; i < SUMS; i++) {
                sums[i] = Double.longBitsToDouble(longs[1 + i]);
            }
            settled = longs[1 + SUMS] != 0;
        }
    }
}
