package dev.millrace.api;

import dev.millrace.api.alarm.AlarmMeters;
import dev.millrace.api.alarm.AlarmNumbers;
import dev.millrace.api.alarm.Alarms;
import dev.millrace.api.arm.ArmBoards;
import dev.millrace.api.arm.Families;
import dev.millrace.api.bus.BusParts;
import dev.millrace.api.bus.Buses;
import dev.millrace.api.bus.ModelBus;
import dev.millrace.api.canary.Canaries;
import dev.millrace.api.candidate.Candidates;
import dev.millrace.api.chain.ChainDesk;
import dev.millrace.api.desk.AdaptiveLimit;
import dev.millrace.api.desk.EventsDesk;
import dev.millrace.api.desk.ExplainDesk;
import dev.millrace.api.desk.Gate;
import dev.millrace.api.desk.Models;
import dev.millrace.api.desk.MonitorDesk;
import dev.millrace.api.desk.ProfileDesk;
import dev.millrace.api.desk.RankDesk;
import dev.millrace.api.desk.RecentDesk;
import dev.millrace.api.desk.RecommendDesk;
import dev.millrace.api.desk.TraceDesk;
import dev.millrace.api.desk.VersionsDesk;
import dev.millrace.api.desk.VersionsReader;
import dev.millrace.api.events.EventService;
import dev.millrace.api.events.EventsReader;
import dev.millrace.api.grpc.GrpcConfig;
import dev.millrace.api.grpc.GrpcEdge;
import dev.millrace.api.grpc.GrpcServices;
import dev.millrace.api.http.ConnectionLimit;
import dev.millrace.api.http.FrontDoor;
import dev.millrace.api.log.Listeners;
import dev.millrace.api.log.LogListener;
import dev.millrace.api.log.Tail;
import dev.millrace.api.monitor.Frames;
import dev.millrace.api.monitor.LearningLag;
import dev.millrace.api.monitor.Monitor;
import dev.millrace.api.monitor.MonitorMeters;
import dev.millrace.api.monitor.Readiness;
import dev.millrace.api.monitor.Snapshots;
import dev.millrace.api.monitor.window.Windows;
import dev.millrace.api.problem.ErrorCounts;
import dev.millrace.api.rank.RankService;
import dev.millrace.api.rank.RankServices;
import dev.millrace.api.rank.Ranker;
import dev.millrace.api.rank.RecentRanks;
import dev.millrace.api.rank.RequestIds;
import dev.millrace.api.recent.HotKeys;
import dev.millrace.api.recent.RecentRequests;
import dev.millrace.api.security.Guard;
import dev.millrace.api.security.OwnKey;
import dev.millrace.api.trace.TraceFollower;
import dev.millrace.api.trace.TraceIndex;
import dev.millrace.api.trace.TraceWaits;
import dev.millrace.ingest.profile.ProfileStore;
import dev.millrace.ingest.profile.ServedProfiles;
import dev.millrace.ps.serve.WeightServer;
import io.micrometer.core.instrument.MeterRegistry;
import io.micronaut.context.annotation.Bean;
import io.micronaut.context.annotation.Factory;
import io.micronaut.context.exceptions.DisabledBeanException;
import jakarta.inject.Singleton;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** The whole assembly: which part is made of which. */
@Factory
final class ApiBeans {
    /** Between two samples of the keys that requests touch. */
    private static final Duration HOT_KEYS = Duration.ofSeconds(1);

    private final ApiConfig config;
    private final ApiConfig.Limits limits;
    private final ApiConfig.Times times;
    private final ApiConfig.Edge edge;
    private final Wiring wiring;

    ApiBeans(ApiConfig config, Wiring wiring) {
        this.config = config;
        this.limits = config.limits();
        this.times = config.times();
        this.edge = config.edge();
        this.wiring = wiring;
    }

    @Singleton
    OwnKey ownKey() {
        return OwnKey.random(new SecureRandom());
    }

    @Singleton
    Guard guard(OwnKey own) {
        return Guard.of(edge.security(), own, wiring.clock(), System::nanoTime);
    }

    @Singleton
    Clock clock() {
        return wiring.clock();
    }

    // The caller closes it: Micronaut must not.
    @Singleton
    @Bean(preDestroy = "")
    ProfileStore profiles() {
        return ServedProfiles.of(wiring.profiles(), System::nanoTime);
    }

    @Singleton
    Models models() {
        return new Models(wiring.models());
    }

    @Singleton
    ErrorCounts errorCounts() {
        return new ErrorCounts();
    }

    @Singleton
    RequestIds requestIds() {
        return new RequestIds(wiring.clock(), new SecureRandom());
    }

    @Singleton
    Monitor monitor() {
        return new Monitor(
                wiring.models().values().stream().map(WeightServer::spec).toList(),
                new Monitor.Config(
                        times.recent(), times.slack(), limits.samples(), limits.openImpressions(), config.monitored()),
                wiring.clock());
    }

    @Singleton
    TraceIndex traces(Monitor monitor) {
        TraceIndex index = new TraceIndex(limits.traces(), monitor);
        wiring.models().forEach((name, weights) -> {
            // Listens first, so that no delta falls between; the index knows what it is told twice.
            weights.onApplied(version -> index.applied(name, version));
            index.applied(name, weights.version());
        });
        return index;
    }

    @Singleton
    TraceFollower follower(TraceIndex traces) {
        Set<String> labels = wiring.models().values().stream()
                .flatMap(weights -> weights.spec().actionTypes().stream())
                .collect(Collectors.toSet());
        return new TraceFollower(traces, labels);
    }

    @Singleton
    TraceWaits waits(TraceIndex traces) {
        return new TraceWaits(traces, limits.waiters(), times.within());
    }

    @Singleton
    @Bean(preDestroy = "close")
    Tail tail(TraceFollower follower, Monitor monitor, ArmBoards boards, RecentRequests recent, Canaries canaries) {
        List<LogListener> listeners = new ArrayList<>(List.of(follower, boards));
        if (config.monitored()) {
            listeners.addAll(List.of(monitor, recent, canaries));
        }
        return wiring.tail().apply(new Listeners(listeners));
    }

    @Singleton
    Readiness readiness(Tail tail, Families families) {
        return new Readiness(families::needed, tail, wiring.clock(), times.silence(), times.maxAge());
    }

    @Singleton
    LearningLag learningLag() {
        return new LearningLag(wiring.models(), wiring.clock(), times.learning());
    }

    @Singleton
    Snapshots snapshots(Monitor monitor, TraceIndex traces, Readiness readiness, Windows windows, Canaries canaries) {
        return new Snapshots(wiring.models(), monitor, traces, readiness, windows, canaries, wiring.clock());
    }

    @Singleton
    @Bean(preDestroy = "close")
    Frames frames(Snapshots snapshots) {
        Frames frames = new Frames(Frames.Config.DEFAULT, wiring.models().keySet(), snapshots::of);
        return config.monitored() ? frames.start() : frames;
    }

    @Singleton
    Buses buses(Snapshots snapshots) {
        Map<String, ModelBus> buses = new HashMap<>();
        wiring.buses().forEach((name, parts) -> {
            WeightServer weights = Objects.requireNonNull(wiring.models().get(name), name);
            buses.put(
                    name,
                    new ModelBus(parts, weights, () -> snapshots.of(name).forAudit(), wiring.clock(), times.effect()));
        });
        return new Buses(buses);
    }

    @Singleton
    @Bean(preDestroy = "close")
    Alarms alarms(MeterRegistry registry, Snapshots snapshots) {
        Map<String, Supplier<Map<String, Double>>> numbers = new HashMap<>();
        wiring.models().forEach((name, weights) -> {
            BusParts bus = wiring.buses().get(name);
            numbers.put(
                    name,
                    () -> AlarmNumbers.of(
                            snapshots.of(name),
                            weights,
                            bus == null ? null : bus.log().book(),
                            wiring.chains() == null
                                    ? null
                                    : wiring.chains().log().book()));
        });
        Alarms alarms = new Alarms(wiring.alarms(), numbers, wiring.clock());
        AlarmMeters.bind(registry, alarms, numbers);
        return alarms.start();
    }

    @Singleton
    ChainDesk chainDesk() {
        return new ChainDesk(wiring.chains(), wiring.models().keySet(), wiring.clock());
    }

    @Singleton
    VersionsDesk versionsDesk(Models models, Buses buses) {
        return new VersionsDesk(models, buses, new VersionsReader(wiring.clock()));
    }

    @Singleton
    MonitorMeters meters(
            MeterRegistry registry,
            Monitor monitor,
            Snapshots snapshots,
            ErrorCounts errors,
            Tail tail,
            Canaries canaries) {
        MonitorMeters meters = new MonitorMeters(registry, wiring.clock());
        meters.bind(wiring.models(), monitor, snapshots, errors);
        meters.bind(tail);
        wiring.live().forEach(meters::bind);
        canaries.bind(registry);
        wiring.meters().forEach(others -> others.bindTo(registry));
        return meters;
    }

    @Singleton
    EventsReader eventsReader() {
        return new EventsReader(wiring.clock(), times.future());
    }

    @Singleton
    EventService eventService(TraceIndex traces, TraceFollower follower, RequestIds ids) {
        return new EventService(wiring.sink(), traces, follower, ids, wiring.clock(), times.acknowledged());
    }

    @Singleton
    RankServices rankServices(ProfileStore profiles, Families families) {
        RecentRanks recent = new RecentRanks(limits.rankIds(), limits.rankItems());
        List<Ranker> all = wiring.models().values().stream()
                .map(weights -> Ranker.of(
                        weights, families.of(weights.spec().model()), profiles, wiring.sink(), wiring.clock()))
                .toList();
        List<Ranker> alone = wiring.models().values().stream()
                .map(weights -> new Ranker(weights, profiles, wiring.sink(), wiring.clock()))
                .toList();
        return new RankServices(services(all, recent), services(alone, recent));
    }

    private List<RankService> services(List<Ranker> rankers, RecentRanks recent) {
        return rankers.stream()
                .map(ranker -> new RankService(ranker, recent, times.acknowledged()))
                .toList();
    }

    @Singleton
    RankDesk rankDesk(
            Models models,
            RankServices services,
            RequestIds ids,
            Monitor monitor,
            MonitorMeters meters,
            AdaptiveLimit ranks,
            ErrorCounts errors,
            Families families,
            RecentRequests requests) {
        return new RankDesk(models, services.all(), families, ids, monitor, meters, ranks, errors, requests);
    }

    @Singleton
    RecentRequests recentRequests() {
        return new RecentRequests(RecentRequests.Config.DEFAULT, wiring.clock(), config.monitored());
    }

    @Singleton
    @Bean(preDestroy = "close")
    HotKeys.All hotKeys(RankDesk ranks, RecentRequests recent) {
        return new HotKeys.All(wiring.models().keySet().stream()
                        .collect(Collectors.toMap(
                                name -> name, name -> new HotKeys(HotKeys.Config.DEFAULT, recent, ranks.ranker(name)))))
                .start(HOT_KEYS);
    }

    @Singleton
    RecentDesk recentDesk(Models models, RecentRequests recent, TraceIndex traces, HotKeys.All hot) {
        return new RecentDesk(models, recent, traces, hot);
    }

    @Singleton
    EventsDesk eventsDesk(EventService service, Monitor monitor) {
        return new EventsDesk(service, monitor, new Gate("posts of events", limits.posts()));
    }

    @Singleton
    TraceDesk traceDesk(TraceWaits waits) {
        return new TraceDesk(waits);
    }

    @Singleton
    @Bean(preDestroy = "close")
    Candidates candidates(ProfileStore profiles, ArmBoards boards) {
        return new Candidates(
                wiring.models(),
                profiles,
                config.candidates(),
                wiring.clock(),
                listener -> wiring.history().apply(new Listeners(List.of(listener, boards))));
    }

    @Singleton
    RecommendDesk recommendDesk(
            RankDesk ranks, Models models, Candidates candidates, ProfileStore profiles, RequestIds ids) {
        return new RecommendDesk(ranks, models, candidates, config.candidates(), profiles, ids);
    }

    @Singleton
    ExplainDesk explainDesk(RankDesk ranks, Models models) {
        return new ExplainDesk(ranks, models);
    }

    @Singleton
    ProfileDesk profileDesk(ProfileStore profiles, Candidates candidates) {
        return new ProfileDesk(profiles, candidates, new Gate("requests of profiles", limits.profiles()));
    }

    @Singleton
    AdaptiveLimit ranks() {
        return new AdaptiveLimit("rank requests", AdaptiveLimit.Config.upTo(limits.ranks()), System::nanoTime);
    }

    @Singleton
    FrontDoor.Config frontDoor(AdaptiveLimit ranks) {
        return new FrontDoor.Config(limits.bodiesBytes(), limits.bodyBytes(), ranks);
    }

    @Singleton
    ConnectionLimit.Config connectionLimit() {
        return new ConnectionLimit.Config(limits.connections());
    }

    @Singleton
    MonitorDesk monitorDesk(Models models, Snapshots snapshots, Frames frames) {
        return new MonitorDesk(models, snapshots, frames, limits.streams());
    }

    @Singleton
    @Bean(preDestroy = "close")
    GrpcEdge grpcEdge(GrpcServices services, Readiness readiness) {
        if (config.grpc().port() == GrpcConfig.OFF) {
            throw new DisabledBeanException("no gRPC is wanted");
        }
        return services.start(new GrpcEdge.Where(
                config.host(), config.grpc(), config.edge().security(), limits.bodyBytes(), readiness::ready));
    }
}
