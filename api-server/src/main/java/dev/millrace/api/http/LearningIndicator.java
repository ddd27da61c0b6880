package dev.millrace.api.http;

import dev.millrace.api.monitor.LearningLag;
import io.micronaut.core.async.publisher.Publishers;
import io.micronaut.health.HealthStatus;
import io.micronaut.management.health.indicator.HealthIndicator;
import io.micronaut.management.health.indicator.HealthResult;
import jakarta.inject.Singleton;
import org.reactivestreams.Publisher;

/** Says whether learning stands still. Always up: a server with old weights still ranks, and must not be taken out. */
@Singleton
public final class LearningIndicator implements HealthIndicator {
    private final LearningLag lag;

    public LearningIndicator(LearningLag lag) {
        this.lag = lag;
    }

    @Override
    public Publisher<HealthResult> getResult() {
        return Publishers.just(HealthResult.builder("learning", HealthStatus.UP)
                .details(lag.states())
                .build());
    }
}
