package dev.millrace.learner.bus;

import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.Policies;
import dev.millrace.ps.evidence.BettingCusum;
import it.unimi.dsi.fastutil.longs.Long2ObjectLinkedOpenHashMap;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * What the gate looks at of one probability that a model predicts: its one, or one of its heads'.
 *
 * <p>Observations are means over a request's samples in a block, since those of one request go together. Loss is told by
 * label too: positives come before the negatives of their request, so a share of labels alone says little, while flipped
 * labels cost more under either. For label rate, calibration and the loss over both, positives wait as long as their
 * negatives do. One thread, the learner's.
 */
final class HeadGate {
    private static final double CLIP = 1e-6;
    /** Of one sample, in nats; more counts as this. */
    private static final double MAX_LOSS = 4;

    private static final double REFUSED_SHARE = 0.01;
    private static final int MAX_WAITING = 100_000;
    private static final double SMOOTHING = 1.0 / 20;
    private static final long MARGIN_MS = 500;
    /** A task of the join may write what its watermark brought after another that has come as far. */
    private static final long TASKS_APART_MS = 200;

    /** What is tested. */
    enum Signal {
        /** Log loss of the served scores, of each label against its own reference. */
        LOSS_BY_LABEL,
        /** The same over both labels. */
        LOSS,
        LABEL_RATE_UP,
        LABEL_RATE_DOWN,
        CALIBRATION_UP,
        CALIBRATION_DOWN,
        /** Weights about to be published against those that served, on the same samples. */
        CANDIDATE,
        /** Samples that could not be learned. */
        REFUSED
    }

    /** A request until all its labels must have come. */
    private static final class Whole {
        private final long releaseMs;
        private double samples;
        private double positives;
        private double scores;
        private double losses;
        private double keptLosses;

        Whole(long releaseMs) {
            this.releaseMs = releaseMs;
        }
    }

    private final GateConfig config;
    /** Its place among the model's heads. */
    private final int head;

    private final String prefix;
    private final boolean tellsRefused;
    private final double threshold;
    private final double doubt;
    private final long waitMs;
    private final Reference reference;
    private final RecordRing records;
    private final Map<Signal, BettingCusum> tests = new EnumMap<>(Signal.class);
    private final Long2ObjectLinkedOpenHashMap<Whole> wholes = new Long2ObjectLinkedOpenHashMap<>();
    private Optional<Gate.Alarm> alarm = Optional.empty();
    private long record;
    private long nowMs;
    private boolean watchesOnly;
    private double smoothed;
    private long lastBadMs;

    /**
     * @param head its place among the model's heads; 0 of a model without
     * @param prefix of its signals' names
     * @param tellsRefused whether it is the one that tests refused samples, which are refused for all heads
     * @param absence what becomes of an item without a label of it
     * @param records that have been learned, which others add to
     */
    HeadGate(
            GateConfig config,
            ModelSpec spec,
            int head,
            String prefix,
            boolean tellsRefused,
            Policies.Absence absence,
            RecordRing records) {
        this.config = config;
        this.head = head;
        this.prefix = prefix;
        this.tellsRefused = tellsRefused;
        this.records = records;
        threshold = -Math.log(config.falseAlarm());
        doubt = Math.log(config.doubt());
        waitMs = absence == Policies.Absence.NEGATIVE ? spec.rewardWindow().toMillis() : 0;
        reference = new Reference(config);
        for (Signal signal : Signal.values()) {
            tests.put(signal, new BettingCusum());
        }
    }

    /** Why publishing is to freeze; once there is one, it stays. */
    Optional<Gate.Alarm> alarm() {
        return alarm;
    }

    /**
     * Whether there is some evidence, though not enough, and a little waiting decides, if it goes on to come as quickly:
     * what is held back now need not be taken back later. Slower evidence is of slow changes, which can be taken back.
     */
    boolean doubts() {
        return tests.values().stream().anyMatch(this::soonDecided);
    }

    private boolean soonDecided(BettingCusum test) {
        double evidence = test.evidence();
        double sinceMs = nowMs - records.joinedMs(test.since());
        return evidence >= doubt
                && (threshold - evidence) * sinceMs
                        <= evidence * config.holdBack().toMillis();
    }

    /** The record that is learned next. @param number of the ring's */
    void record(long number, long joinedMs) {
        nowMs = joinedMs;
        record = number;
    }

    /**
     * @param predictions of all heads, as a step gives them
     * @param watches whether nothing learns from them, and nothing is to be frozen
     */
    void learned(SampleBlock block, int[] samples, int count, float[] predictions, boolean watches) {
        watchesOnly |= watches;
        int from = 0;
        while (from < count) {
            int to = from + 1;
            while (to < count && block.requestHash(samples[to]) == block.requestHash(samples[from])) {
                to++;
            }
            if (!block.isCanary(samples[from])) {
                request(block, samples, from, to, predictions, head * count);
            }
            from = to;
        }
        // Behind its samples: they may be the negatives that the block's own watermark has brought.
        release(waitMs == 0 ? Long.MAX_VALUE : block.header().watermarkMs());
    }

    /** When samples were last seen to be worse than they may be; 0: nothing was seen yet. */
    long lastBadMs() {
        return lastBadMs;
    }

    /** @param ofHead where its predictions begin */
    private void request(SampleBlock block, int[] samples, int from, int to, float[] predictions, int ofHead) {
        double loss = 0;
        double bound = 0;
        double difference = 0;
        int n = 0;
        int refused = 0;
        for (int i = from; i < to; i++) {
            int sample = samples[i];
            if (Float.isNaN(predictions[i])) {
                refused++;
                continue;
            }
            // One that takes another back, says nothing of the head, or was scored by another model alone, is as good
            // as
            // any, and tells no loss.
            if (head >= block.heads()
                    || block.weight(sample, head) <= 0
                    || Float.isNaN(block.servedScore(sample, head))) {
                continue;
            }
            int label = block.label(sample, head) >= 0.5f ? 1 : 0;
            double p = block.servedScore(sample, head);
            double of = loss(p, label);
            note(Reference.COUNT_OF + label, 1);
            note(Reference.LOSS_OF + label, of);
            loss += of;
            bound += reference.lossOf(label);
            double ofKept = loss(sampled(p, block.keepRate(sample)), label);
            difference += loss(predictions[ofHead + i], label) - ofKept;
            n++;
            Whole whole = whole(block.requestHash(sample), block.eventTimeMs(sample));
            whole.samples++;
            whole.positives += label;
            whole.scores += p;
            whole.losses += of;
            whole.keptLosses += ofKept;
        }
        if (tellsRefused) {
            test(Signal.REFUSED, (double) refused / (to - from), REFUSED_SHARE);
        }
        if (n > 0) {
            paired(difference / n);
            byLabel(loss / n, lossBound(bound / n));
        }
    }

    /** Nothing of what is only watched: it may be what learning waits for the end of. */
    private void note(int sum, double value) {
        if (!watchesOnly) {
            reference.add(nowMs, sum, value);
        }
    }

    private Whole whole(long request, long eventMs) {
        Whole whole = wholes.get(request);
        if (whole == null) {
            if (wholes.size() >= MAX_WAITING) {
                judge(wholes.removeFirst());
            }
            whole = new Whole(eventMs + waitMs + TASKS_APART_MS);
            wholes.put(request, whole);
        }
        return whole;
    }

    /** Requests that must have all their labels by now. */
    private void release(long watermarkMs) {
        while (!wholes.isEmpty() && wholes.get(wholes.firstLongKey()).releaseMs <= watermarkMs) {
            judge(wholes.removeFirst());
        }
    }

    private void judge(Whole request) {
        double rate = request.positives / request.samples;
        double residual = rate - request.scores / request.samples;
        double loss = request.losses / request.samples;
        note(Reference.REQUESTS, 1);
        note(Reference.LOSS, loss);
        note(Reference.KEPT_LOSS, request.keptLosses / request.samples);
        note(Reference.RATE, rate);
        note(Reference.RESIDUAL, residual);
        if (!warm()) {
            return;
        }
        double usual = reference.mean(Reference.RATE);
        test(Signal.LOSS, loss / MAX_LOSS, lossBound(reference.mean(Reference.LOSS)) / MAX_LOSS);
        test(Signal.LABEL_RATE_UP, rate, usual * (1 + config.rateMargin()) + config.rateSlack());
        test(Signal.LABEL_RATE_DOWN, 1 - rate, 1 - usual / (1 + config.rateMargin()) + config.rateSlack());
        // Of the rarer label as much as of its rate; a difference of two residuals lies within ±2.
        double band = Math.max(config.rateSlack(), config.rateMargin() * Math.min(usual, 1 - usual));
        // Away from the truth, too: a model that was off, as a young one is, may come back to it.
        double usualOff = reference.mean(Reference.RESIDUAL);
        test(Signal.CALIBRATION_UP, (residual - Math.max(0, usualOff) + 2) / 4, (band + 2) / 4);
        test(Signal.CALIBRATION_DOWN, (2 - residual + Math.min(0, usualOff)) / 4, (band + 2) / 4);
        badness(loss - lossBound(reference.mean(Reference.LOSS)));
    }

    private void byLabel(double loss, double bound) {
        if (warm()) {
            test(Signal.LOSS_BY_LABEL, loss / MAX_LOSS, bound / MAX_LOSS);
            badness(loss - bound);
        }
    }

    /** Cut at six times what such differences usually are, so that it is bounded and its bets are not timid. */
    private void paired(double difference) {
        note(Reference.DIFFERENCE, difference * difference);
        if (!warm()) {
            return;
        }
        double cut = Math.max(0.02, 6 * Math.sqrt(reference.mean(Reference.DIFFERENCE)));
        double margin = Math.min(cut / 2, config.candidateMargin() * reference.mean(Reference.LOSS));
        test(Signal.CANDIDATE, (Math.clamp(difference, -cut, cut) + cut) / (2 * cut), (margin + cut) / (2 * cut));
    }

    private boolean warm() {
        return reference.settled() && reference.sum(Reference.REQUESTS) >= config.warmUp();
    }

    private double lossBound(double usual) {
        return usual * (1 + config.lossMargin()) + config.lossSlack();
    }

    private void test(Signal signal, double x, double mostly) {
        BettingCusum test = Objects.requireNonNull(tests.get(signal));
        if (mostly >= 1) {
            // No observation is beyond that.
            return;
        }
        test.add(x, mostly, record);
        if (test.evidence() >= threshold && !watchesOnly && alarm.isEmpty()) {
            long since = records.joinedMs(test.since());
            if (nowMs - since >= config.span().toMillis()) {
                raise(signal, test, since);
            }
        }
    }

    private void raise(Signal signal, BettingCusum test, long sinceMs) {
        alarm = Optional.of(new Gate.Alarm(
                prefix + signal.name().toLowerCase(Locale.ROOT),
                String.format(
                        Locale.ROOT,
                        "ln evidence %.1f within %d ms; usual loss %.4f, label rate %.4f over %.0f requests",
                        test.evidence(),
                        nowMs - sinceMs,
                        reference.mean(Reference.LOSS),
                        reference.mean(Reference.RATE),
                        reference.sum(Reference.REQUESTS)),
                test.evidence(),
                records.from(sinceMs - MARGIN_MS)));
    }

    /** A slow mean of how much worse than allowed it is, while learning waits. */
    private void badness(double excess) {
        smoothed += SMOOTHING * (excess - smoothed);
        if (smoothed > 0 || lastBadMs == 0) {
            lastBadMs = nowMs;
        }
    }

    private static double loss(double p, int label) {
        double clipped = Math.clamp(p, CLIP, 1 - CLIP);
        return Math.min(MAX_LOSS, -Math.log(label == 1 ? clipped : 1 - clipped));
    }

    /** What a model says of samples of which only a part of the negatives was kept (He et al. 2014, §6.3, inverted). */
    private static double sampled(double p, float keepRate) {
        return p / (p + (1 - p) * keepRate);
    }

    Reference reference() {
        return reference;
    }
}
