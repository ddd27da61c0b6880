package dev.millrace.api;

import dev.millrace.api.bus.BookVersions;
import dev.millrace.api.bus.Buses;
import dev.millrace.api.canary.Canaries;
import dev.millrace.api.desk.CanaryDesk;
import dev.millrace.api.desk.Models;
import dev.millrace.api.desk.WindowsDesk;
import dev.millrace.api.monitor.window.WindowFeed;
import dev.millrace.api.monitor.window.WindowMeters;
import dev.millrace.api.monitor.window.Windows;
import dev.millrace.ps.serve.WeightServer;
import io.micrometer.core.instrument.MeterRegistry;
import io.micronaut.context.annotation.Bean;
import io.micronaut.context.annotation.Factory;
import jakarta.inject.Singleton;

/** The part of the assembly that watches what is served: windows and canaries. */
@Factory
final class WatchBeans {
    private final Wiring wiring;

    WatchBeans(Wiring wiring) {
        this.wiring = wiring;
    }

    @Singleton
    @Bean(preDestroy = "close")
    Canaries canaries() {
        return new Canaries(
                wiring.models().values().stream().map(WeightServer::spec).toList(), wiring.canary(), wiring.clock());
    }

    @Singleton
    CanaryDesk canaryDesk(Models models, Canaries canaries) {
        return new CanaryDesk(models, canaries);
    }

    @Singleton
    Windows windows() {
        return new Windows(new BookVersions(wiring.buses()), wiring.windows().partitions(), wiring.clock());
    }

    @Singleton
    @Bean(preDestroy = "close")
    WindowFeed windowFeed(Windows windows, MeterRegistry registry) {
        if (wiring.windows().kept()) {
            WindowMeters.bind(
                    registry,
                    windows,
                    wiring.models().values().stream().map(WeightServer::spec).toList(),
                    wiring.windows().segments());
        }
        return wiring.windows().start().apply(windows);
    }

    @Singleton
    WindowsDesk windowsDesk(Models models, Windows windows, Buses buses) {
        return new WindowsDesk(models, windows, buses);
    }
}
