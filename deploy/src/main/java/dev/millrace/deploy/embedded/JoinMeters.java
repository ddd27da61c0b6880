package dev.millrace.deploy.embedded;

import dev.millrace.join.flink.JoinJob;
import dev.millrace.join.flink.JoinNumber;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.concurrent.Future;

/** The numbers of the join that runs in this process, as meters: 0 while it starts. */
final class JoinMeters implements MeterBinder {
    private final Future<JoinJob> join;

    JoinMeters(Future<JoinJob> join) {
        this.join = join;
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        for (JoinNumber number : JoinNumber.values()) {
            if (number.isCount()) {
                FunctionCounter.builder("millrace.join", join, running -> of(running, number))
                        .description("what the join made of impressions and actions since its tasks started")
                        .tag("outcome", number.label())
                        .register(registry);
            }
        }
        Gauge.builder("millrace.join.state.requests", join, running -> of(running, JoinNumber.REQUESTS))
                .description("requests that the join remembers")
                .register(registry);
        Gauge.builder("millrace.join.state", join, running -> of(running, JoinNumber.STATE_BYTES))
                .description("bytes of the requests that the join remembers")
                .baseUnit("bytes")
                .register(registry);
    }

    private static double of(Future<JoinJob> running, JoinNumber number) {
        return running.state() == Future.State.SUCCESS ? running.resultNow().number(number) : 0;
    }
}
