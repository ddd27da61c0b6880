package dev.millrace.join.flink;

import java.time.Duration;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.common.eventtime.WatermarkGenerator;
import org.apache.flink.api.common.eventtime.WatermarkOutput;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;

/**
 * Event time of one partition: the latest time that its writers have stamped, less the disorder that they may have.
 * Heartbeats in every partition carry it on, so nothing here looks at a clock, and a replay closes the same windows.
 */
final class LogTime implements WatermarkGenerator<LogEvent> {
    /** A replay proceeds by at most the skew in this time. */
    private static final Duration ALIGNED_EVERY = Duration.ofMillis(20);

    private final long maxDisorderMs;
    private long latestMs = LogEvent.NO_TIME;

    LogTime(Duration maxDisorder) {
        this.maxDisorderMs = maxDisorder.toMillis();
    }

    /** @param maxSkew how far ahead of the others a partition is read */
    static WatermarkStrategy<LogEvent> strategy(Duration maxDisorder, Duration maxSkew) {
        return WatermarkStrategy.<LogEvent>forGenerator(context -> new LogTime(maxDisorder))
                .withTimestampAssigner((event, recordTimeMs) -> event.timeMs())
                .withWatermarkAlignment("log", maxSkew, ALIGNED_EVERY);
    }

    @Override
    public void onEvent(LogEvent event, long timeMs, WatermarkOutput out) {
        latestMs = Math.max(latestMs, timeMs);
    }

    @Override
    public void onPeriodicEmit(WatermarkOutput out) {
        if (latestMs != LogEvent.NO_TIME) {
            out.emitWatermark(new Watermark(latestMs - maxDisorderMs - 1));
        }
    }
}
