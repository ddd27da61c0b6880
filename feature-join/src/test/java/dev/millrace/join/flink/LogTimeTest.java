package dev.millrace.join.flink;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.join.Events;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.common.eventtime.WatermarkOutput;
import org.junit.jupiter.api.Test;

class LogTimeTest {
    private final List<Long> emitted = new ArrayList<>();
    private final LogTime time = new LogTime(Duration.ofMillis(200));
    private final WatermarkOutput out = new WatermarkOutput() {
        @Override
        public void emitWatermark(Watermark watermark) {
            emitted.add(watermark.getTimestamp());
        }

        @Override
        public void markIdle() {
            throw new AssertionError("event time knows no idleness");
        }

        @Override
        public void markActive() {}
    };

    private void read(LogEvent event) {
        time.onEvent(event, event.timeMs(), out);
        time.onPeriodicEmit(out);
    }

    @Test
    void followsTheLatestStampLessTheDisorder() {
        read(LogEvents.of(Events.impression(10_000, "a")));
        read(LogEvents.of(Events.impression(9_900, "a")));
        read(LogEvents.heartbeat(10_100));
        assertEquals(List.of(9_799L, 9_799L, 9_899L), emitted);
    }

    @Test
    void saysNothingBeforeTheFirstStamp() {
        read(new LogEvent.Unreadable(new byte[0]));
        assertEquals(List.of(), emitted);
    }
}
