package dev.millrace.join.flink;

import dev.millrace.ingest.proto.DeadLetter;
import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.sample.SampleBlockBuilder;
import dev.millrace.join.match.RequestMatcher;
import dev.millrace.join.oracle.Arrival;
import dev.millrace.join.oracle.DisorderedLog;
import dev.millrace.join.oracle.Expected;
import dev.millrace.join.vector.Sample;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.flink.api.common.serialization.SerializerConfigImpl;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.api.operators.KeyedProcessOperator;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;
import org.jspecify.annotations.Nullable;

/**
 * Plays a log through the operator, with snapshots at random places; after some of them it goes on, dies, and is restored
 * to play that stretch again. What it sent before it died stays sent: a sample that comes again must be the same one.
 */
final class HarnessRun {
    private final DisorderedLog log;
    private final Random random;
    private final Map<Long, String> samples = new TreeMap<>();
    private final Map<String, Integer> letters = new HashMap<>();
    private KeyedOneInputStreamOperatorTestHarness<String, LogEvent, Sample> harness;
    private MatchFunction function;
    private int sentAgain;
    private int stateEntries;
    private long sizeLeft;

    HarnessRun(DisorderedLog log) throws Exception {
        this.log = log;
        function = new MatchFunction(new SpecTexts(log.specs()), RequestMatcher.MAX_ACTIONS);
        random = new Random(log.seed() + 1);
        harness = open(null);
    }

    private KeyedOneInputStreamOperatorTestHarness<String, LogEvent, Sample> open(@Nullable OperatorSubtaskState state)
            throws Exception {
        function = new MatchFunction(new SpecTexts(log.specs()), RequestMatcher.MAX_ACTIONS);
        var opened = new KeyedOneInputStreamOperatorTestHarness<>(
                new KeyedProcessOperator<>(function), LogEvent::requestId, Types.STRING);
        opened.setup(Wires.SAMPLE.createSerializer(new SerializerConfigImpl()));
        if (state != null) {
            opened.initializeState(state);
        }
        opened.open();
        return opened;
    }

    void play() throws Exception {
        List<Arrival> arrivals = log.arrivals();
        TreeSet<Integer> restarts = new TreeSet<>();
        while (restarts.size() < Math.min(2, arrivals.size() - 1)) {
            restarts.add(1 + random.nextInt(arrivals.size() - 1));
        }
        restarts.add(arrivals.size());
        int from = 0;
        for (int to : restarts) {
            feed(arrivals.subList(from, to));
            drain(true);
            if (to < arrivals.size()) {
                OperatorSubtaskState state = harness.snapshot(1, 1);
                int lost = Math.min(arrivals.size() - 1, to + random.nextInt(20));
                feed(arrivals.subList(to, lost));
                drain(false);
                harness.close();
                harness = open(state);
                // As a source does that knows its place: event time is no part of a snapshot.
                harness.processWatermark(new Watermark(eventTime(to)));
            }
            from = to;
        }
        sizeLeft = function.size().requests() + function.size().bytes();
        stateEntries = harness.numKeyedStateEntries() + harness.numEventTimeTimers();
        harness.close();
    }

    private long eventTime(int place) {
        return log.arrivals().subList(0, place).stream()
                .filter(Arrival::isWatermark)
                .mapToLong(Arrival::watermarkMs)
                .max()
                .orElse(Long.MIN_VALUE);
    }

    private void feed(List<Arrival> stretch) throws Exception {
        for (Arrival arrival : stretch) {
            if (arrival.isWatermark()) {
                harness.processWatermark(new Watermark(arrival.watermarkMs()));
            } else {
                LogEvent event = arrival.impression() != null
                        ? LogEvents.of(arrival.impression())
                        : LogEvents.of(java.util.Objects.requireNonNull(arrival.action()));
                harness.processElement(event, event.timeMs());
            }
        }
    }

    /** @param lasting whether a snapshot includes what made it: then its letters count */
    private void drain(boolean lasting) throws Exception {
        for (Sample sample : harness.extractOutputValues()) {
            String line = line(sample);
            String before = samples.put(sample.meta().sampleId(), line);
            if (before != null) {
                sentAgain++;
                if (!before.equals(line)) {
                    throw new AssertionError("seed " + log.seed() + ": sent " + before + ", then " + line);
                }
            }
        }
        harness.getOutput().clear();
        var side = harness.getSideOutput(DeadLetters.TAG);
        if (side != null) {
            for (var record : side) {
                if (lasting) {
                    letters.merge(letter(record.getValue()), 1, Integer::sum);
                }
            }
            ((Queue<?>) side).clear();
        }
    }

    private static String line(Sample sample) {
        SampleBlockBuilder.Meta meta = sample.meta();
        return Expected.sample(
                sample.model(),
                meta.label(),
                meta.weight(),
                meta.keepRate(),
                meta.flags() == SampleBlock.FAKE_NEGATIVES,
                meta.actionHash(),
                meta.eventTimeMs());
    }

    static String letter(TopicRecord record) throws Exception {
        DeadLetter letter = DeadLetter.parseFrom(record.value());
        String reason = letter.getReason().name().substring("DEAD_LETTER_REASON_".length());
        return Expected.letterLine(reason, letter.getAction().getId(), letter.getModel());
    }

    Map<Long, String> samples() {
        return samples;
    }

    Map<String, Integer> letters() {
        return letters;
    }

    /** Samples that came more than once. */
    int sentAgain() {
        return sentAgain;
    }

    /** What the gauges say in the end. */
    long sizeLeft() {
        return sizeLeft;
    }

    /** States and timers that are left in the end. */
    int stateEntries() {
        return stateEntries;
    }
}
