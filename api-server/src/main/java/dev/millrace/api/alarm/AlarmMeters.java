package dev.millrace.api.alarm;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;

/** Alarms and the gate as Prometheus gauges; labels are models and the two severities. */
public final class AlarmMeters {
    private AlarmMeters() {}

    /** @param numbers each model's, by name */
    public static void bind(MeterRegistry registry, Alarms alarms, Map<String, Supplier<Map<String, Double>>> numbers) {
        for (AlarmRule.Severity severity : AlarmRule.Severity.values()) {
            String label = severity.name().toLowerCase(Locale.ROOT);
            Gauge.builder("millrace.alarms.firing", alarms, a -> firing(a, label))
                    .description("alarms that fire now")
                    .tag("severity", label)
                    .strongReference(true)
                    .register(registry);
        }
        numbers.forEach((model, of) -> {
            gauge(registry, model, "gate.frozen", "1 while the gate has frozen publishing", of, "gateFrozen");
            gauge(registry, model, "learning.held", "1 while learning waits to be resumed", of, "learningHeld");
        });
    }

    private static double firing(Alarms alarms, String severity) {
        return alarms.all().stream()
                .filter(alarm ->
                        alarm.state().equals("firing") && alarm.severity().equals(severity))
                .count();
    }

    private static void gauge(
            MeterRegistry registry,
            String model,
            String name,
            String description,
            Supplier<Map<String, Double>> numbers,
            String number) {
        Gauge.builder("millrace." + name, numbers, n -> n.get().getOrDefault(number, Double.NaN))
                .description(description)
                .tag("model", model)
                .strongReference(true)
                .register(registry);
    }
}
