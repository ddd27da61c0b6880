package dev.millrace.load.simulate;

import dev.millrace.load.client.ModelInfo;
import dev.millrace.load.report.Auc;
import dev.millrace.load.report.Latencies;
import dev.millrace.load.report.Quality;
import dev.millrace.load.report.QualityCollector;
import it.unimi.dsi.fastutil.doubles.DoubleArrayList;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.ToDoubleFunction;

/** Collects turns: totals, and the recent ones. Shared by the players and the one that shows. */
final class DemoStats {
    static final Duration RECENT = Duration.ofSeconds(15);
    /** Bound of what is remembered as recent. */
    private static final int MOST_TURNS = 50_000;

    /** A demo that runs for days keeps this much for its overall AUC, then only the recent. */
    private static final long MOST_SCORES = 5_000_000;

    final LongAdder untraced = new LongAdder();
    private final long startNs;
    private final Deque<Turn> recent = new ArrayDeque<>();
    private final QualityCollector quality = new QualityCollector();
    private long requests;
    private long clicks;
    private long scores;

    DemoStats(long startNs) {
        this.startNs = startNs;
    }

    synchronized void add(Turn turn) {
        requests++;
        clicks += turn.clicks();
        recent.addLast(turn);
        if (recent.size() > MOST_TURNS) {
            recent.removeFirst();
        }
        scores += turn.scores().length;
        if (scores <= MOST_SCORES) {
            double[] labels = new double[turn.clicked().length];
            for (int i = 0; i < labels.length; i++) {
                labels[i] = turn.clicked()[i] ? 1 : 0;
            }
            quality.add(turn.scores(), labels);
        }
    }

    Quality quality() {
        return quality.quality();
    }

    synchronized DemoSnapshot snapshot(long nowNs, ModelInfo model, long retries) {
        while (!recent.isEmpty() && nowNs - recent.getFirst().endedNs() > RECENT.toNanos()) {
            recent.removeFirst();
        }
        List<Turn> turns = List.copyOf(recent);
        Latencies rank = new Latencies();
        Latencies freshness = new Latencies();
        DoubleArrayList positives = new DoubleArrayList();
        DoubleArrayList negatives = new DoubleArrayList();
        for (Turn turn : turns) {
            rank.addNs(turn.rankNs());
            if (turn.freshnessNs() >= 0) {
                freshness.addNs(turn.freshnessNs());
            }
            for (int i = 0; i < turn.scores().length; i++) {
                (turn.clicked()[i] ? positives : negatives).add(turn.scores()[i]);
            }
        }
        double seconds = Math.min(nowNs - startNs, RECENT.toNanos()) / 1e9;
        return new DemoSnapshot(
                Duration.ofNanos(nowNs - startNs),
                requests,
                clicks,
                turns.size() / seconds,
                positives.size() / (double) (positives.size() + negatives.size()),
                Auc.exact(positives, negatives),
                rank.percentiles(),
                freshness.percentiles(),
                mean(turns, Turn::top),
                mean(turns, Turn::random),
                mean(turns, Turn::best),
                untraced.sum(),
                retries,
                model.version(),
                model.samplesLearned());
    }

    private static double mean(List<Turn> turns, ToDoubleFunction<Turn> value) {
        return turns.stream().mapToDouble(value).average().orElse(Double.NaN);
    }
}
