package dev.millrace.api.monitor.window;

import dev.millrace.api.monitor.quality.Psi;
import dev.millrace.api.monitor.quality.Quality;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Ratios made of sums. Stateless. */
final class WindowViews {
    private static final int BANDS = 10;
    /** Below, a distribution says nothing. */
    private static final long ENOUGH = 100;

    private WindowViews() {}

    static WindowView of(Windows windows, String model, String part, Length length, boolean series, long nowMs) {
        WindowSums sums = windows.sums(model, part, length, nowMs);
        boolean all = part.equals(BucketKey.ALL);
        return new WindowView(
                model,
                length.label(),
                part,
                length.from(nowMs),
                nowMs,
                new WindowView.Partitions(windows.partitions(), windows.allPartitions()),
                sums.quality.quality(),
                sums.quality.clickRate(),
                sums.quality.scores().bands(BANDS).stream()
                        .map(band -> new WindowView.Band(band.predicted(), band.observed(), band.weight()))
                        .toList(),
                all ? outcomes(sums) : Map.of(),
                all ? drift(windows, model, length, sums, nowMs) : null,
                windows.parts(model, length),
                series ? series(windows.buckets(model, part, length, nowMs)) : null);
    }

    private static Map<String, Long> outcomes(WindowSums sums) {
        Map<String, Long> outcomes = new LinkedHashMap<>();
        for (Outcome outcome : Outcome.values()) {
            outcomes.put(outcome.label(), sums.outcomes[outcome.ordinal()]);
        }
        return outcomes;
    }

    static WindowView.Drift drift(Windows windows, String model, Length length, WindowSums now, long nowMs) {
        WindowSums reference = windows.sums(model, BucketKey.ALL, length.reference(), nowMs);
        Map<String, WindowView.SlotDrift> slots = new TreeMap<>();
        now.slots.forEach((name, slot) -> {
            SlotSums then = reference.slots.get(name);
            slots.put(
                    name,
                    new WindowView.SlotDrift(
                            slot.looked,
                            Quality.orNull((double) slot.nulls / slot.looked),
                            Quality.orNull((double) slot.unknown / (slot.known + slot.unknown)),
                            then == null ? null : psi(slot, then)));
        });
        return new WindowView.Drift(length.reference().label(), prediction(now, reference), slots);
    }

    private static WindowView.Prediction prediction(WindowSums now, WindowSums reference) {
        double shown = now.shown.weight();
        boolean enough = shown >= ENOUGH && reference.shown.weight() >= ENOUGH;
        return new WindowView.Prediction(
                Math.round(shown),
                Quality.orNull(now.shown.mean()),
                enough ? Quality.orNull(now.shown.psi(reference.shown, BANDS)) : null);
    }

    private static @Nullable Double psi(SlotSums now, SlotSums reference) {
        return now.looked >= ENOUGH && reference.looked >= ENOUGH
                ? Quality.orNull(Psi.of(now.spread(), reference.spread()))
                : null;
    }

    private static List<WindowView.Point> series(Map<Long, WindowSums> buckets) {
        List<WindowView.Point> series = new ArrayList<>();
        buckets.forEach((start, sums) -> {
            Quality quality = sums.quality.quality();
            series.add(new WindowView.Point(
                    start,
                    quality.samples(),
                    sums.quality.clickRate(),
                    quality.logLoss(),
                    quality.normalizedEntropy(),
                    quality.auc(),
                    quality.impressionAuc(),
                    quality.calibration()));
        });
        return series;
    }

    static WindowSummary summary(Windows windows, String model, String part, Length length, long nowMs) {
        WindowSums sums = windows.sums(model, part, length, nowMs);
        Quality quality = sums.quality.quality();
        String worst = null;
        Double worstPsi = null;
        Double prediction = null;
        if (part.equals(BucketKey.ALL)) {
            WindowView.Drift drift = drift(windows, model, length, sums, nowMs);
            prediction = drift.prediction().psi();
            for (Map.Entry<String, WindowView.SlotDrift> slot : drift.slots().entrySet()) {
                Double psi = slot.getValue().psi();
                if (psi != null && (worstPsi == null || psi > worstPsi)) {
                    worst = slot.getKey();
                    worstPsi = psi;
                }
            }
        }
        return new WindowSummary(
                quality.samples(),
                sums.quality.clickRate(),
                quality.logLoss(),
                quality.normalizedEntropy(),
                quality.auc(),
                quality.impressionAuc(),
                quality.calibration(),
                prediction,
                worst,
                worstPsi);
    }
}
