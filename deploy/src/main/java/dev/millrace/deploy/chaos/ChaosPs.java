package dev.millrace.deploy.chaos;

import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.SpecReader;
import dev.millrace.learner.remote.run.ShardAudit;
import dev.millrace.ps.table.ParameterTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Rounds of faults over a remote training: in each, every process is killed once, in a random order and at random moments
 * while samples flow, and started again; then the samples rest, and every row of every shard is compared with the log of
 * samples, and every serving weight with training's. One thread; waits are bounded.
 */
public final class ChaosPs {
    private static final Duration SETTLE = Duration.ofSeconds(150);
    private static final Duration WARM = Duration.ofSeconds(90);
    private static final int MORE = 20;
    private static final int SHORTEST_MS = 300;
    private static final int MOMENTS_MS = 2_500;
    private static final int AWAY_MS = 1_500;

    private final Config config;
    private final Consumer<String> say;
    private final ModelSpec spec;
    private final Random random;
    private final List<ChaosReport.Round> rounds = new ArrayList<>();

    /**
     * @param launcher {@code deploy/millrace}, built
     * @param dir empty folder of everything
     * @param learners with one, bits are compared too
     * @param network whether the model has embeddings and layers
     */
    public record Config(Path launcher, Path dir, int learners, int rounds, long seed, boolean network) {
        String spec() {
            return network ? ChaosSamples.SPEC + ChaosSamples.NETWORK : ChaosSamples.SPEC;
        }
    }

    private ChaosPs(Config config, Consumer<String> say) {
        this.config = config;
        this.say = say;
        this.spec = SpecReader.parse("chaos", config.spec());
        this.random = new Random(config.seed());
    }

    /** @param say told what happens, a line at a time */
    public static ChaosReport run(Config config, Consumer<String> say) throws IOException, InterruptedException {
        return new ChaosPs(config, say).run();
    }

    private ChaosReport run() throws IOException, InterruptedException {
        Path specFile = Files.writeString(config.dir().resolve("chaos.yml"), config.spec());
        Boolean bits;
        try (Fleet fleet = new Fleet(config, specFile)) {
            fleet.start();
            try (ChaosSamples samples =
                            ChaosSamples.start(fleet.bootstrapServers(), spec, Fleet.PARTITIONS, config.seed());
                    ChaosOracle oracle = new ChaosOracle(fleet.bootstrapServers(), spec, Fleet.PARTITIONS);
                    ShardAudit shards = ShardAudit.start(fleet.bootstrapServers(), spec);
                    Settled settled = new Settled(spec, shards, fleet.replicaEndpoint())) {
                samples.flow();
                TimeUnit.SECONDS.sleep(1);
                samples.rest();
                settled.await(oracle.read(), WARM);
                say.accept("everything has started");
                bits = rounds(fleet, samples, oracle, settled);
            }
        }
        return new ChaosReport(config.seed(), config.learners(), Fleet.SHARDS, rounds, bits);
    }

    private @Nullable Boolean rounds(Fleet fleet, ChaosSamples samples, ChaosOracle oracle, Settled settled)
            throws IOException, InterruptedException {
        List<ParameterTable> tables = List.of();
        for (int number = 1; number <= config.rounds(); number++) {
            long startNs = System.nanoTime();
            samples.flow();
            faults(fleet);
            samples.rest();
            tables = settle(number, startNs, samples, oracle, settled);
            if (tables.isEmpty()) {
                return config.learners() == 1 ? false : null;
            }
        }
        if (config.learners() > 1) {
            return null;
        }
        // Its journal is read once it has ended.
        ChaosProcess learner = fleet.learners().getFirst();
        if (!learner.stop()) {
            say.accept("the learner did not stop when asked to");
            return false;
        }
        return new ChaosReplay(spec, oracle).equal(config.dir().resolve("learner-0/journal"), tables, say);
    }

    private void faults(Fleet fleet) throws IOException, InterruptedException {
        List<ChaosProcess> victims = new ArrayList<>(fleet.all());
        Collections.shuffle(victims, random);
        for (ChaosProcess victim : victims) {
            TimeUnit.MILLISECONDS.sleep(SHORTEST_MS + random.nextInt(MOMENTS_MS));
            victim.kill();
            int awayMs = random.nextInt(AWAY_MS);
            say.accept("killed " + victim.name() + ", away for " + awayMs + " ms");
            TimeUnit.MILLISECONDS.sleep(awayMs);
            victim.start();
        }
    }

    /** @return copies of the shards' rows; none when they did not come to rest */
    private List<ParameterTable> settle(
            int number, long startNs, ChaosSamples samples, ChaosOracle oracle, Settled settled)
            throws InterruptedException {
        long restNs = System.nanoTime();
        String problem = settled.await(oracle.read(), SETTLE);
        double settleSeconds = seconds(restNs);
        // A replica that has just started has compared only as many ranges of its rows as deltas have come.
        for (int i = 0; i < MORE && problem.isEmpty() && !settled.hasComparedAll(); i++) {
            samples.flow();
            TimeUnit.SECONDS.sleep(1);
            samples.rest();
            problem = settled.await(oracle.read(), SETTLE);
        }
        Comparison found = problem.isEmpty() ? settled.compare(oracle) : Comparison.NONE;
        rounds.add(new ChaosReport.Round(
                number,
                seconds(startNs),
                settleSeconds,
                oracle.samples(),
                oracle.duplicates(),
                found.rows(),
                found.wrongRows(),
                found.wrongWeights(),
                found.parity(),
                problem.isEmpty() ? found.problem() : problem));
        say.accept(new ChaosReport(
                        config.seed(), config.learners(), Fleet.SHARDS, rounds.subList(number - 1, number), null)
                .text()
                .strip());
        return found.tables();
    }

    private static double seconds(long sinceNs) {
        return (System.nanoTime() - sinceNs) / 1e9;
    }
}
