package dev.millrace.api.monitor.window;

import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.Slot;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The windows of the last minute as Prometheus gauges; labels are models, configured segments and slots. */
public final class WindowMeters {
    private final MeterRegistry registry;
    private final Windows windows;

    private WindowMeters(MeterRegistry registry, Windows windows) {
        this.registry = registry;
        this.windows = windows;
    }

    /** @param segments values that have windows of their own, by attribute */
    public static void bind(
            MeterRegistry registry, Windows windows, List<ModelSpec> models, Map<String, List<String>> segments) {
        WindowMeters meters = new WindowMeters(registry, windows);
        Map<String, Segments> of = Segments.of(models, segments);
        models.forEach(spec -> {
            meters.part(spec.model(), BucketKey.ALL);
            Segments parts = of.get(spec.model());
            if (parts != null) {
                parts.names().forEach(part -> meters.part(spec.model(), part));
            }
            HeadParts.names(spec).forEach(part -> meters.part(spec.model(), part));
            meters.drift(spec);
        });
        FunctionCounter.builder("millrace.window.skipped", windows, Windows::skippedRecords)
                .description("records that the windows could not read, and passed over")
                .register(registry);
    }

    private void part(String model, String part) {
        Tags tags = Tags.of("model", model, "part", part);
        part("samples", "samples of the last minute", tags, model, part, s -> (double) s.samples());
        part("click.ratio", "observed positives a sample, last minute", tags, model, part, WindowSummary::clickRate);
        part("log.loss", "mean log loss of served scores, last minute", tags, model, part, WindowSummary::logLoss);
        part("auc", "AUC of served scores, last minute", tags, model, part, WindowSummary::auc);
        part(
                "calibration",
                "predicted / observed positives, last minute",
                tags,
                model,
                part,
                WindowSummary::calibration);
    }

    private void part(
            String name,
            String says,
            Tags tags,
            String model,
            String part,
            Function<WindowSummary, @Nullable Double> value) {
        gauge("window." + name, says, tags, () -> value.apply(windows.lastMinute(model, part)));
    }

    private void drift(ModelSpec spec) {
        String model = spec.model();
        Tags tags = Tags.of("model", model);
        gauge(
                "drift.prediction.psi",
                "population stability index of served scores, last minute against last hour",
                tags,
                () -> windows.lastMinutesDrift(model).prediction().psi());
        for (Slot slot : spec.slots()) {
            if (!slot.crossedOnly()) {
                slot(tags.and("slot", slot.name()), model, slot.name());
            }
        }
    }

    private void slot(Tags tags, String model, String slot) {
        slot(
                "feature.psi",
                "population stability index of a slot's values, last minute against last hour",
                tags,
                model,
                slot,
                WindowView.SlotDrift::psi);
        slot(
                "null.ratio",
                "share without the slot's attribute, last minute",
                tags,
                model,
                slot,
                WindowView.SlotDrift::nullRate);
        slot(
                "unknown.ratio",
                "share of a slot's features that the weights make nothing of, last minute",
                tags,
                model,
                slot,
                WindowView.SlotDrift::unknownRate);
    }

    private void slot(
            String name,
            String says,
            Tags tags,
            String model,
            String slot,
            Function<WindowView.SlotDrift, @Nullable Double> value) {
        gauge("drift." + name, says, tags, () -> {
            WindowView.SlotDrift drift = windows.lastMinutesDrift(model).slots().get(slot);
            return drift == null ? null : value.apply(drift);
        });
    }

    /** A number that may be undefined. */
    private interface Reading {
        @Nullable
        Double now();
    }

    private void gauge(String name, String says, Tags tags, Reading reading) {
        Gauge.builder("millrace." + name, reading, r -> {
                    Double now = r.now();
                    return now == null ? Double.NaN : now;
                })
                .description(says)
                .tags(tags)
                .strongReference(true)
                .register(registry);
    }
}
