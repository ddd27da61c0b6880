package dev.millrace.deploy.embedded;

import dev.millrace.api.bus.BusParts;
import dev.millrace.deploy.config.ServeConfig;
import dev.millrace.ingest.profile.LiveStats;
import dev.millrace.ingest.profile.ProfileStore;
import dev.millrace.ingest.profile.stream.LiveStreams;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.topic.TopicAdmin;
import dev.millrace.learner.bus.VersionKeeper;
import dev.millrace.learner.run.Learner;
import dev.millrace.learner.run.LearnerConfig;
import dev.millrace.learner.step.StepMaker;
import dev.millrace.ps.serve.WeightServer;
import dev.millrace.ps.snapshot.SnapshotPlace;
import dev.millrace.ps.version.SampleTimes;
import dev.millrace.ps.version.VersionLog;
import java.io.IOException;
import java.time.Clock;
import java.util.HashMap;
import java.util.Map;

/** What each model has of its own: learner, weights that serve, versions, real-time features. One thread starts them. */
final class EmbeddedModels {
    private final DataFolder folder;
    private final String bootstrap;
    private final WeightsFrom from;
    private final ProfileStore profiles;
    private final StepMaker steps;
    private final ServeConfig config;
    private final Clock clock;
    private final Parts parts;
    private final Map<String, WeightServer> weights = new HashMap<>();
    private final Map<String, LiveStats> live = new HashMap<>();
    private final Map<String, BusParts> buses = new HashMap<>();

    /**
     * @param steps on what device they learn
     * @param parts gets all that is started, to be closed in reverse
     */
    EmbeddedModels(
            DataFolder folder,
            String bootstrap,
            WeightsFrom from,
            ProfileStore profiles,
            StepMaker steps,
            ServeConfig config,
            Clock clock,
            Parts parts) {
        this.folder = folder;
        this.bootstrap = bootstrap;
        this.from = from;
        this.profiles = profiles;
        this.steps = steps;
        this.config = config;
        this.clock = clock;
        this.parts = parts;
    }

    void start(ModelSpec spec) throws IOException, InterruptedException {
        String model = spec.model();
        SnapshotPlace place = folder.snapshots(model, config);
        LearnerConfig learning =
                LearnerConfig.of(bootstrap, place).withSteps(steps).withGate(config.gate());
        parts.opened(Learner.start(learning, spec, clock));
        // Processes of serving-ps have the weights of one model, the first.
        WeightsFrom its = from instanceof WeightsFrom.ServingPs && !weights.isEmpty() ? WeightsFrom.HERE : from;
        WeightsFrom.Started started = its.start(bootstrap, folder.rows(model), place, spec, clock);
        parts.opened(started.part());
        weights.put(model, started.weights());
        // One that learns from another's log reads the real-time features of that one.
        if (!spec.realtime().isEmpty() && !spec.learnsFromAnother()) {
            var config = LiveStreams.Config.of(bootstrap, folder.streams(), TopicAdmin.Layout.EMBEDDED.partitions());
            live.put(
                    model,
                    parts.opened(LiveStreams.start(spec, config, profiles, clock))
                            .stats());
        }
        VersionLog versions = parts.opened(VersionLog.open(bootstrap, model));
        parts.opened(VersionKeeper.start(config.versions(), spec, place, versions, clock));
        buses.put(model, new BusParts(versions, place, new SampleTimes(bootstrap, model)));
    }

    /** By model, like the others. */
    Map<String, WeightServer> weights() {
        return weights;
    }

    Map<String, LiveStats> live() {
        return live;
    }

    Map<String, BusParts> buses() {
        return buses;
    }
}
