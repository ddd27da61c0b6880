package dev.millrace.api.grpc;

import dev.millrace.api.desk.CanaryDesk;
import dev.millrace.api.desk.EventsDesk;
import dev.millrace.api.desk.ExperimentsDesk;
import dev.millrace.api.desk.ExplainDesk;
import dev.millrace.api.desk.Models;
import dev.millrace.api.desk.MonitorDesk;
import dev.millrace.api.desk.ProfileDesk;
import dev.millrace.api.desk.RankDesk;
import dev.millrace.api.desk.RecommendDesk;
import dev.millrace.api.desk.TraceDesk;
import dev.millrace.api.desk.VersionsDesk;
import dev.millrace.api.desk.WindowsDesk;
import dev.millrace.api.events.EventsReader;
import dev.millrace.api.problem.ErrorCounts;
import dev.millrace.api.security.Guard;
import dev.millrace.ingest.profile.ProfileStore.Kind;
import io.grpc.BindableService;
import io.micronaut.serde.ObjectMapper;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;

/** All services over the desks that HTTP has too. */
@Singleton
public final class GrpcServices {
    private final Guard guard;
    private final ErrorCounts errors;
    private final Calls calls;
    private final RankingCalls ranking;
    private final EventCalls events;
    private final ProfileDesk profiles;
    private final ModelCalls models;
    private final VersionCalls versions;
    private final MetricCalls metrics;
    private final WindowCalls windows;
    private final ExperimentCalls experiments;
    private final List<BindableService> more;

    /** @param more of whoever else is on the class path, who may be called as {@link Doors} says of their names */
    public GrpcServices(
            Guard guard,
            ErrorCounts errors,
            ObjectMapper json,
            RankDesk ranks,
            RecommendDesk recommends,
            ExplainDesk explains,
            EventsReader reader,
            EventsDesk posts,
            TraceDesk traces,
            ProfileDesk profiles,
            Models models,
            VersionsDesk versions,
            MonitorDesk monitor,
            WindowsDesk windows,
            ExperimentsDesk experiments,
            CanaryDesk canaries,
            Clock clock,
            List<BindableService> more) {
        this.guard = guard;
        this.errors = errors;
        this.profiles = profiles;
        calls = new Calls(json, errors);
        ranking = new RankingCalls(ranks, recommends, explains, calls);
        events = new EventCalls(reader, posts, traces, calls);
        this.models = new ModelCalls(models, canaries, clock, calls);
        this.versions = new VersionCalls(versions, calls);
        metrics = new MetricCalls(monitor, calls);
        this.windows = new WindowCalls(windows, calls);
        this.experiments = new ExperimentCalls(experiments, calls);
        this.more = List.copyOf(more);
    }

    /** Listens when it returns. */
    public GrpcEdge start(GrpcEdge.Where where) {
        List<BindableService> services = new ArrayList<>(List.of(
                ranking,
                events,
                new ProfileCalls(Kind.USER, profiles, calls).users(),
                new ProfileCalls(Kind.ITEM, profiles, calls).items(),
                models,
                versions,
                windows,
                experiments,
                metrics));
        services.addAll(more);
        CallLimit limit =
                new CallLimit(where.config().connections(), where.config().allCalls(), errors);
        return new GrpcEdge(where, limit, new Doors(guard, errors), new BadMessages(errors), services);
    }
}
