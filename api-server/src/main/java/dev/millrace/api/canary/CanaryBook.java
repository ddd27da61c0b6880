package dev.millrace.api.canary;

import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What became of a model's last canaries: a day of them at one a second. Guarded by its own lock. */
final class CanaryBook {
    private static final int CAPACITY = 86_400;
    private static final int LOST = Integer.MAX_VALUE;
    private static final long HOUR_MS = Duration.ofHours(1).toMillis();
    private static final long DAY_MS = Duration.ofDays(1).toMillis();

    private final CanaryConfig config;
    private final int[] tookMs = new int[CAPACITY];
    private final long[] endedMs = new long[CAPACITY];
    private long count;
    private long good;
    private long late;
    private long lost;
    private @Nullable Long lastMs;
    private Map<String, Long> stages = Map.of();

    CanaryBook(CanaryConfig config) {
        this.config = config;
    }

    synchronized void cameBack(long nowMs, long tookMillis, Map<String, Long> stagesMs) {
        lastMs = tookMillis;
        stages = new TreeMap<>(stagesMs);
        if (tookMillis <= config.objective().toMillis()) {
            good++;
        } else {
            late++;
        }
        note(nowMs, (int) Math.clamp(tookMillis, 0, LOST - 1));
    }

    synchronized void lost(long nowMs) {
        lost++;
        note(nowMs, LOST);
    }

    private void note(long nowMs, int took) {
        int at = (int) (count++ % CAPACITY);
        tookMs[at] = took;
        endedMs[at] = nowMs;
    }

    synchronized FreshnessObjective objective(long nowMs) {
        return new FreshnessObjective(
                config.objective().toMillis(),
                config.target(),
                window(nowMs - HOUR_MS),
                window(nowMs - DAY_MS),
                new FreshnessObjective.Burn(
                        burn(nowMs, Duration.ofHours(1), Duration.ofMinutes(5)),
                        burn(nowMs, Duration.ofHours(6), Duration.ofMinutes(30)),
                        burn(nowMs, Duration.ofDays(1), Duration.ofHours(2))),
                lastMs,
                stages);
    }

    private FreshnessObjective.Window window(long fromMs) {
        int held = (int) Math.min(count, CAPACITY);
        int[] took = new int[held];
        int n = 0;
        for (long i = count - 1; i >= count - held && endedMs[(int) (i % CAPACITY)] >= fromMs; i--) {
            took[n++] = tookMs[(int) (i % CAPACITY)];
        }
        Arrays.sort(took, 0, n);
        int goodOnes = 0;
        int gone = 0;
        for (int i = 0; i < n; i++) {
            goodOnes += took[i] <= config.objective().toMillis() ? 1 : 0;
            gone += took[i] == LOST ? 1 : 0;
        }
        if (n == 0) {
            return new FreshnessObjective.Window(0, 0, 0, null, null, null, null, null);
        }
        double ratio = (double) goodOnes / n;
        double burned = (1 - ratio) / (1 - config.target());
        return new FreshnessObjective.Window(
                n, goodOnes, gone, quantile(took, n, 0.5), quantile(took, n, 0.99), ratio, 1 - burned, burned);
    }

    private double burn(long nowMs, Duration longer, Duration shorter) {
        return Math.min(burn(nowMs, longer), burn(nowMs, shorter));
    }

    /** Of a window that is as full as it can be: a few canaries after the start say little of an hour. */
    private double burn(long nowMs, Duration window) {
        long fromMs = nowMs - window.toMillis();
        long seen = 0;
        long bad = 0;
        for (long i = count - 1; i >= Math.max(0, count - CAPACITY) && endedMs[(int) (i % CAPACITY)] >= fromMs; i--) {
            seen++;
            bad += tookMs[(int) (i % CAPACITY)] > config.objective().toMillis() ? 1 : 0;
        }
        long full =
                Math.max(Math.max(1, seen), window.toMillis() / config.every().toMillis());
        return bad / (full * (1 - config.target()));
    }

    /** Null: that one never came back. */
    private static @Nullable Double quantile(int[] sorted, int n, double q) {
        int at = sorted[(int) Math.min(n - 1, Math.ceil(q * n) - 1)];
        return at == LOST ? null : (double) at;
    }

    synchronized long good() {
        return good;
    }

    synchronized long late() {
        return late;
    }

    synchronized long lost() {
        return lost;
    }
}
