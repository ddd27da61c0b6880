package dev.millrace.api;

import dev.millrace.api.alarm.Alarm;
import dev.millrace.api.alarm.Alarms;
import dev.millrace.api.arm.ArmBoards;
import dev.millrace.api.arm.ArmMeters;
import dev.millrace.api.arm.ArmRule;
import dev.millrace.api.arm.Experiments;
import dev.millrace.api.arm.Families;
import dev.millrace.api.bus.Buses;
import dev.millrace.api.desk.ExperimentsDesk;
import dev.millrace.ps.version.VersionBook;
import io.micrometer.core.instrument.MeterRegistry;
import io.micronaut.context.annotation.Bean;
import io.micronaut.context.annotation.Factory;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** The part of the assembly that compares models. */
@Factory
final class ArmBeans {
    private static final Duration KEEP = Duration.ofMinutes(1);

    private final ApiConfig.Times times;
    private final Wiring wiring;

    ArmBeans(ApiConfig config, Wiring wiring) {
        times = config.times();
        this.wiring = wiring;
    }

    @Singleton
    Families families() {
        Map<String, Supplier<VersionBook>> books = new HashMap<>();
        wiring.buses()
                .forEach((name, parts) -> books.put(name, () -> parts.log().book()));
        return new Families(wiring.models(), books);
    }

    @Singleton
    ArmBoards armBoards(Families families) {
        return new ArmBoards(families, times.slack(), wiring.clock());
    }

    @Singleton
    Experiments experiments(Families families, ArmBoards boards, Buses buses) {
        return new Experiments(families, boards, buses, wiring.clock());
    }

    @Singleton
    ExperimentsDesk experimentsDesk(Experiments experiments) {
        return new ExperimentsDesk(experiments);
    }

    @Singleton
    @Bean(preDestroy = "close")
    ArmRule armRule(
            Families families,
            ArmBoards boards,
            Buses buses,
            Alarms alarms,
            Experiments experiments,
            MeterRegistry registry) {
        ArmMeters.bind(registry, experiments, wiring.clock());
        return new ArmRule(
                        families,
                        boards,
                        buses,
                        () -> alarms.all().stream()
                                .filter(alarm -> alarm.state().equals("firing"))
                                .map(Alarm::model)
                                .collect(Collectors.toSet()),
                        KEEP,
                        wiring.clock())
                .start();
    }
}
