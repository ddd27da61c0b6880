package dev.millrace.api.monitor;

import dev.millrace.api.monitor.quality.Quality;
import dev.millrace.api.monitor.quality.QualityStats;
import java.util.function.Consumer;

/** Quality of the last minute or so, and of everything since the start. Safe for many threads. */
final class QualityWindow {
    private static final SlidingSums.Kind<QualityStats> KIND =
            new SlidingSums.Kind<>(QualityStats::new, QualityStats::merge, QualityStats::clear);

    private final SlidingSums<QualityStats> sums;

    /** @param windowMs length of the window, which moves in twelfths */
    QualityWindow(long windowMs) {
        sums = new SlidingSums<>(KIND, windowMs);
    }

    /** Changes both the total and the slot of {@code nowMs}. */
    void update(long nowMs, Consumer<QualityStats> change) {
        sums.update(nowMs, change);
    }

    Quality total() {
        return sums.total(QualityStats::quality);
    }

    Quality recent(long nowMs) {
        return sums.recent(nowMs, QualityStats::quality);
    }
}
