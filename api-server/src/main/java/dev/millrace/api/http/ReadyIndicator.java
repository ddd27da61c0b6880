package dev.millrace.api.http;

import dev.millrace.api.monitor.Readiness;
import io.micronaut.core.async.publisher.Publishers;
import io.micronaut.health.HealthStatus;
import io.micronaut.management.health.indicator.HealthIndicator;
import io.micronaut.management.health.indicator.HealthResult;
import jakarta.inject.Singleton;
import java.util.Map;
import org.reactivestreams.Publisher;

/** Down until the weights and traces have caught up with the log, and while the log does not answer. */
@Singleton
@io.micronaut.management.health.indicator.annotation.Readiness
public final class ReadyIndicator implements HealthIndicator {
    private final Readiness readiness;

    public ReadyIndicator(Readiness readiness) {
        this.readiness = readiness;
    }

    @Override
    public Publisher<HealthResult> getResult() {
        Map<String, String> missing = readiness.missing();
        HealthStatus status = missing.isEmpty() ? HealthStatus.UP : HealthStatus.DOWN;
        return Publishers.just(
                HealthResult.builder("millrace", status).details(missing).build());
    }
}
