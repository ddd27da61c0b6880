package dev.millrace.api.monitor.quality;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Weights of positives and negatives by served score, mergeable. AUC = P(s⁺ &gt; s⁻) + ½ P(s⁺ = s⁻), where scores of one
 * bin count as equal.
 *
 * <p>{@value #BINS} bins, equally wide in logit over ±16 (scores 1.1·10⁻⁷ from 0 and 1; the outer bins take what lies
 * beyond), so scores of one bin differ by 0.4 % in odds. Binning error of the AUC: at most
 * ½ Σ_b p_b·n_b / (P·N), half the share of pairs that fall into one bin; {@link #aucError} says how much that is.
 *
 * <pre>
 *  pages[b / 64][2·(b mod 64)]      positives of bin b, in units of {@link FixedPoint}
 *  pages[b / 64][2·(b mod 64) + 1]  negatives; a page that nothing fell on is null
 * </pre>
 */
public final class ScoreHistogram {
    static final int BINS = 8192;
    private static final double MAX_LOGIT = 16;
    private static final double BINS_A_LOGIT = BINS / (2 * MAX_LOGIT);
    private static final int PAGE = 64;
    private static final long[] NO_PAGE = {};

    private final long[][] pages = new long[BINS / PAGE][];

    public ScoreHistogram() {
        clear();
    }

    public void add(double score, boolean positive, double weight) {
        add(bin(score), positive ? 0 : 1, FixedPoint.of(weight));
    }

    private void add(int bin, int side, long units) {
        long[] page = pages[bin / PAGE];
        if (page.length == 0) {
            page = new long[2 * PAGE];
            pages[bin / PAGE] = page;
        }
        page[2 * (bin % PAGE) + side] += units;
    }

    private long at(int bin, int side) {
        long[] page = pages[bin / PAGE];
        return page.length == 0 ? 0 : page[2 * (bin % PAGE) + side];
    }

    private static int bin(double score) {
        double logit = Math.log(score / (1 - score));
        int bin = (int) Math.floor((logit + MAX_LOGIT) * BINS_A_LOGIT);
        return Math.clamp(bin, 0, BINS - 1);
    }

    /** The score in the middle of a bin. */
    private static double score(int bin) {
        double logit = (bin + 0.5) / BINS_A_LOGIT - MAX_LOGIT;
        return 1 / (1 + Math.exp(-logit));
    }

    public void merge(ScoreHistogram other) {
        for (int p = 0; p < pages.length; p++) {
            long[] theirs = other.pages[p];
            if (theirs.length == 0) {
                continue;
            }
            if (pages[p].length == 0) {
                pages[p] = theirs.clone();
            } else {
                for (int i = 0; i < theirs.length; i++) {
                    pages[p][i] += theirs[i];
                }
            }
        }
    }

    public void clear() {
        Arrays.fill(pages, NO_PAGE);
    }

    /** Sum of all weights. */
    public double weight() {
        return FixedPoint.value(sum(0) + sum(1));
    }

    private long sum(int side) {
        long sum = 0;
        for (long[] page : pages) {
            for (int i = side; i < page.length; i += 2) {
                sum += page[i];
            }
        }
        return sum;
    }

    /** Mean score; NaN of nothing. */
    public double mean() {
        double scores = 0;
        for (int b = 0; b < BINS; b++) {
            scores += score(b) * FixedPoint.value(at(b, 0) + at(b, 1));
        }
        return scores / weight();
    }

    /** NaN unless both labels are there. */
    public double auc() {
        double below = 0;
        double wins = 0;
        for (int b = 0; b < BINS; b++) {
            wins += at(b, 0) * (below + at(b, 1) / 2.0);
            below += at(b, 1);
        }
        return wins / pairs();
    }

    /** Bound of the AUC's binning error; NaN unless both labels are there. */
    public double aucError() {
        double equal = 0;
        for (int b = 0; b < BINS; b++) {
            equal += (double) at(b, 0) * at(b, 1);
        }
        return equal / 2 / pairs();
    }

    private double pairs() {
        double p = sum(0);
        double n = sum(1);
        return p * n == 0 ? Double.NaN : p * n;
    }

    /** A stretch of scores: what was predicted there on average, and what came. */
    public record Band(double predicted, double observed, double weight) {}

    /** The reliability curve: at most {@code n} stretches of about equal weight, ascending. */
    public List<Band> bands(int n) {
        double each = weight() / n;
        List<Band> bands = new ArrayList<>();
        double scores = 0;
        double positives = 0;
        double weight = 0;
        for (int b = 0; b < BINS; b++) {
            double here = FixedPoint.value(at(b, 0) + at(b, 1));
            scores += here * score(b);
            positives += FixedPoint.value(at(b, 0));
            weight += here;
            if (weight > 0 && (weight >= each || b == BINS - 1)) {
                bands.add(new Band(scores / weight, positives / weight, weight));
                scores = 0;
                positives = 0;
                weight = 0;
            }
        }
        return bands;
    }

    /**
     * Population stability index between this and a reference, over {@code n} stretches of scores that hold equally much
     * of the reference ({@link Psi}). Below 0.1 they are taken for equal, above 0.25 for different.
     */
    public double psi(ScoreHistogram reference, int n) {
        double each = reference.weight() / n;
        List<Double> now = new ArrayList<>();
        List<Double> then = new ArrayList<>();
        double a = 0;
        double e = 0;
        for (int b = 0; b < BINS; b++) {
            a += FixedPoint.value(at(b, 0) + at(b, 1));
            e += FixedPoint.value(reference.at(b, 0) + reference.at(b, 1));
            if (e >= each || b == BINS - 1) {
                now.add(a);
                then.add(e);
                a = 0;
                e = 0;
            }
        }
        return Psi.of(now, then);
    }

    /** Bins that hold something: distance from the one before, positives, negatives; ends with a distance of 0. */
    public void write(CodedOutputStream out) throws IOException {
        int before = -1;
        for (int b = 0; b < BINS; b++) {
            if (at(b, 0) != 0 || at(b, 1) != 0) {
                out.writeUInt32NoTag(b - before);
                out.writeSInt64NoTag(at(b, 0));
                out.writeSInt64NoTag(at(b, 1));
                before = b;
            }
        }
        out.writeUInt32NoTag(0);
    }

    public static ScoreHistogram read(CodedInputStream in) throws IOException {
        ScoreHistogram histogram = new ScoreHistogram();
        long bin = -1;
        for (int step = in.readUInt32(); step != 0; step = in.readUInt32()) {
            bin += Integer.toUnsignedLong(step);
            if (bin >= BINS) {
                throw new IOException("score histogram: bin " + bin + ", known are 0.." + (BINS - 1));
            }
            histogram.add((int) bin, 0, in.readSInt64());
            histogram.add((int) bin, 1, in.readSInt64());
        }
        return histogram;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof ScoreHistogram that
                && java.util.stream.IntStream.range(0, BINS)
                        .allMatch(b -> at(b, 0) == that.at(b, 0) && at(b, 1) == that.at(b, 1));
    }

    @Override
    public int hashCode() {
        return Long.hashCode(sum(0) * 31 + sum(1));
    }
}
