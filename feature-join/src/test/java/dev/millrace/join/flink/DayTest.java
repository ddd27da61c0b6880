package dev.millrace.join.flink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ingest.proto.Action;
import dev.millrace.ingest.proto.Impression;
import dev.millrace.ingest.proto.ShownItem;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.Random;
import org.apache.flink.api.common.serialization.SerializerConfigImpl;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.operators.KeyedProcessOperator;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;
import org.junit.jupiter.api.Test;

/** Twenty-four hours of event time, played in seconds. */
class DayTest {
    private static final long SEED = 24;
    private static final long MINUTE_MS = 60_000;
    private static final int MINUTES = 24 * 60;
    private static final int REQUESTS_A_MINUTE = 60;
    /** The longest that a request lives: window and lateness of the slower model. */
    private static final long LIFE_MS = 5 * MINUTE_MS;

    private static final String FAST = """
        model: m
        objective: logistic
        labels: {like: 1, dislike: 0, unlike: {undoes: like}}
        aggregate: max
        rewardWindow: 1m
        slots: {item: {type: category, from: item.id}}
        policies: {late: correct, lateness: 1m}
        """;
    private static final String SLOW = """
        model: slow
        learnsFrom: m
        objective: logistic
        labels: {like: 1}
        rewardWindow: 4m
        slots: {item: {type: category, from: item.id}}
        policies: {delay: immediate, lateness: 1m}
        """;

    private final Random random = new Random(SEED);
    private final MatchFunction function = new MatchFunction(new SpecTexts(List.of(FAST, SLOW)), 100);

    /** One action in a hundred comes up to two hours after it was made, or names a request that never was. */
    @Test
    void theStateOfADayWithStragglersReturnsToItsFloor() throws Exception {
        try (var harness = new KeyedOneInputStreamOperatorTestHarness<>(
                new KeyedProcessOperator<>(function), LogEvent::requestId, Types.STRING)) {
            harness.setup(Wires.SAMPLE.createSerializer(new SerializerConfigImpl()));
            harness.open();
            long mostBytesEarly = 0;
            long mostBytesLate = 0;
            int mostTimers = 0;
            for (int minute = 0; minute < MINUTES; minute++) {
                minute(harness, minute);
                long bytes = function.size().bytes();
                if (minute < 120) {
                    mostBytesEarly = Math.max(mostBytesEarly, bytes);
                } else {
                    mostBytesLate = Math.max(mostBytesLate, bytes);
                }
                mostTimers = Math.max(mostTimers, harness.numEventTimeTimers());
                assertEquals(harness.numKeyedStateEntries(), function.size().requests());
                harness.getOutput().clear();
                harness.extractOutputStreamRecords().clear();
                ((Queue<?>) Objects.requireNonNull(harness.getSideOutput(DeadLetters.TAG))).clear();
            }
            String where = "seed " + SEED + ": " + mostBytesEarly + " then " + mostBytesLate + " bytes";
            assertTrue(mostBytesEarly > 50_000, where);
            assertTrue(mostBytesLate < 1.1 * mostBytesEarly, where);
            assertTrue(mostTimers < 4 * REQUESTS_A_MINUTE * 8, where + ", " + mostTimers + " timers");
            harness.processWatermark(new Watermark(MINUTES * MINUTE_MS + LIFE_MS + 1));
            assertEquals(0, harness.numKeyedStateEntries(), where);
            assertEquals(0, harness.numEventTimeTimers(), where);
            assertEquals(0, function.size().bytes(), where);
        }
    }

    private void minute(KeyedOneInputStreamOperatorTestHarness<String, LogEvent, ?> harness, int minute)
            throws Exception {
        for (int i = 0; i < REQUESTS_A_MINUTE; i++) {
            long nowMs = 1 + minute * MINUTE_MS + i * MINUTE_MS / REQUESTS_A_MINUTE;
            Impression.Builder shown = Impression.newBuilder()
                    .setRequestId("r" + minute + "-" + i)
                    .setModel("m")
                    .setTimeMs(nowMs);
            for (int item = 0; item < 5; item++) {
                shown.addItems(ShownItem.newBuilder().setItem("i" + item));
            }
            read(harness, LogEvents.of(shown.build()));
            for (int action = 0; action < 3; action++) {
                read(harness, LogEvents.of(action(minute, i, action, nowMs)));
            }
            harness.processWatermark(new Watermark(nowMs - 1));
        }
    }

    private static void read(KeyedOneInputStreamOperatorTestHarness<String, LogEvent, ?> harness, LogEvent event)
            throws Exception {
        harness.processElement(event, event.timeMs());
    }

    private Action action(int minute, int request, int number, long nowMs) {
        boolean straggler = random.nextInt(100) == 0;
        int ago = straggler ? random.nextInt(120) : random.nextInt(2);
        String of = straggler && random.nextBoolean() ? "never" : "r" + Math.max(0, minute - ago) + "-" + request;
        return Action.newBuilder()
                .setId("a" + minute + "-" + request + "-" + number)
                .setType(List.of("like", "dislike", "unlike").get(random.nextInt(3)))
                .setRequestId(of)
                .setItem("i" + random.nextInt(5))
                .setTimeMs(nowMs)
                .setAcceptedMs(nowMs)
                .build();
    }
}
