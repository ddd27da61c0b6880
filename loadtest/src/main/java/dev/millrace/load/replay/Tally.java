package dev.millrace.load.replay;

import dev.millrace.ingest.id.SampleIds;
import dev.millrace.load.report.Latencies;
import dev.millrace.load.report.QualityCollector;
import dev.millrace.load.report.RunningAuc;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.LongAdder;

/** What a replay has counted so far. Shared by the players and the one that shows progress. */
final class Tally {
    private static final int NEWCOMER_FROM = 3;
    private static final int NEWCOMER_TO = 10;

    final QualityCollector quality = new QualityCollector();
    /** Of each person's fourth to tenth request. */
    final QualityCollector newcomers = new QualityCollector();

    final RunningAuc runningAuc = new RunningAuc();
    final Latencies rank = new Latencies();
    final Latencies freshness = new Latencies();
    final LongAdder requests = new LongAdder();
    final LongAdder events = new LongAdder();
    /** Events that should have been served and were not. */
    final LongAdder unserved = new LongAdder();
    /** Acknowledged events that the server knows no more. */
    final LongAdder untraced = new LongAdder();
    /** Recorded actions on items that the answer did not show: they cannot happen. */
    final LongAdder notShown = new LongAdder();

    /** Events whose type the model does not label, by type. */
    final Map<String, Long> unlabelled = new ConcurrentSkipListMap<>();

    final LongAdder expectedSamples = new LongAdder();
    /** Wraps, like the sum that the learner keeps. */
    final LongAdder expectedSampleIdSum = new LongAdder();

    private final String model;

    Tally(String model) {
        this.model = model;
    }

    /** @param place of the request among its person's, from 0 */
    void settled(Played played, int place) {
        double[] scores = new double[played.shown().size()];
        double[] labels = new double[scores.length];
        for (int i = 0; i < scores.length; i++) {
            Played.Shown shown = played.shown().get(i);
            scores[i] = shown.score();
            labels[i] = shown.label();
            if (!Double.isNaN(shown.label())) {
                runningAuc.add(shown.score(), shown.label() >= 0.5);
                expectedSamples.increment();
                expectedSampleIdSum.add(SampleIds.of(model, played.rank().requestId(), shown.item(), 0));
            }
        }
        quality.add(scores, labels);
        if (place >= NEWCOMER_FROM && place < NEWCOMER_TO) {
            newcomers.add(scores, labels);
        }
        requests.increment();
    }
}
