package dev.millrace.deploy.config;

import dev.millrace.deploy.chain.ChainSettings;
import dev.millrace.ingest.proto.ChainTerms;
import dev.millrace.ingest.spec.YamlMap;
import dev.millrace.learner.bus.GateConfig;
import dev.millrace.learner.bus.VersionKeeper;
import dev.millrace.learner.chain.ChainWorker;
import dev.millrace.ps.snapshot.SnapshotPlace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Configuration of a service, {@code config.yml} in its data folder, or the file of {@code serve --config}. Each key has a
 * default; one that is not known is an error.
 *
 * @param gate when publishing of what is learned freezes
 * @param versions how often they are made, how many stay
 * @param chains how batch chains run
 * @param snapshots address of the object store with the models' snapshots and versions, each model's below its name; null:
 *     the data folder has them
 */
public record ServeConfig(
        GateConfig gate,
        VersionKeeper.Config versions,
        ChainSettings chains,
        @Nullable String snapshots) {
    public static final ServeConfig DEFAULT =
            new ServeConfig(GateConfig.DEFAULT, VersionKeeper.Config.DEFAULT, ChainSettings.DEFAULT, null);

    /** In the data folder. */
    public static final String FILE = "config.yml";

    private static final Pattern BYTES = Pattern.compile("(\\d{1,9})\\s*(MiB|GiB)");
    private static final Duration NO_WAIT = Duration.ZERO;

    /** @throws dev.millrace.ingest.spec.SpecException with everything that is wrong with it: field, reason, fix */
    public static ServeConfig read(Path file) throws IOException {
        return parse(file.toString(), Files.readString(file));
    }

    /** The file of that name in a folder; the defaults where there is none. */
    public static ServeConfig in(Path folder) throws IOException {
        Path file = folder.resolve(FILE);
        return Files.exists(file) ? read(file) : DEFAULT;
    }

    /** @param source named in errors */
    public static ServeConfig parse(String source, String yaml) {
        return YamlMap.read(source, yaml, null, top -> {
            top.known(List.of("gate", "versions", "chains", "snapshots"));
            return new ServeConfig(
                    gate(top.map("gate")), versions(top.map("versions")), chains(top.map("chains")), snapshots(top));
        });
    }

    private static @Nullable String snapshots(YamlMap yaml) {
        Object value = yaml.entries().get("snapshots");
        if (value == null) {
            return null;
        }
        String address = String.valueOf(value);
        try {
            if (address.startsWith("s3://") && SnapshotPlace.parse(address, Path.of("scratch")) != null) {
                return address;
            }
        } catch (IllegalArgumentException e) {
            yaml.problem("snapshots", "'" + address + "' is not valid: " + e.getMessage());
            return null;
        }
        yaml.problem(
                "snapshots",
                "'" + address + "' is not valid; s3://BUCKET/PREFIX?region=REGION&endpoint=URL, or leave it out");
        return null;
    }

    private static GateConfig gate(YamlMap yaml) {
        GateConfig by = GateConfig.DEFAULT;
        yaml.known(List.of(
                "enabled",
                "falseAlarm",
                "doubt",
                "holdBack",
                "lossMargin",
                "lossSlack",
                "rateMargin",
                "rateSlack",
                "candidateMargin",
                "warmUp",
                "span",
                "quarantine",
                "halfLife",
                "maxWeight",
                "clean"));
        return new GateConfig(
                yaml.flag("enabled", by.enabled()),
                yaml.number("falseAlarm", by.falseAlarm(), v -> v > 0 && v < 0.1, "a number above 0, below 0.1"),
                yaml.number("doubt", by.doubt(), v -> v > 1, "a number above 1"),
                duration(yaml, "holdBack", by.holdBack(), NO_WAIT),
                notNegative(yaml, "lossMargin", by.lossMargin()),
                notNegative(yaml, "lossSlack", by.lossSlack()),
                notNegative(yaml, "rateMargin", by.rateMargin()),
                above(yaml, "rateSlack", by.rateSlack()),
                above(yaml, "candidateMargin", by.candidateMargin()),
                (int) yaml.whole("warmUp", by.warmUp(), 1, 1e9),
                duration(yaml, "span", by.span(), NO_WAIT),
                longer(yaml, "quarantine", by.quarantine()),
                longer(yaml, "halfLife", by.halfLife()),
                above(yaml, "maxWeight", by.maxWeight()),
                longer(yaml, "clean", by.clean()));
    }

    private static VersionKeeper.Config versions(YamlMap yaml) {
        VersionKeeper.Config by = VersionKeeper.Config.DEFAULT;
        yaml.known(List.of("every", "keep"));
        return new VersionKeeper.Config(
                longer(yaml, "every", by.every()), (int) yaml.whole("keep", by.keep(), 2, 100_000));
    }

    private static ChainSettings chains(YamlMap yaml) {
        ChainSettings by = ChainSettings.DEFAULT;
        ChainWorker.Config worker = by.worker();
        yaml.known(List.of(
                "atOnce",
                "cores",
                "memory",
                "tries",
                "firstWait",
                "lastWait",
                "keep",
                "sources",
                "patience",
                "holdOut",
                "gate"));
        int atOnce = (int) yaml.whole("atOnce", worker.atOnce(), 1, 64);
        Duration firstWait = longer(yaml, "firstWait", worker.firstWait());
        Duration lastWait = longer(yaml, "lastWait", max(firstWait, worker.lastWait()));
        if (lastWait.compareTo(firstWait) < 0) {
            yaml.problem("lastWait", "is shorter than firstWait; make it longer, or leave it out");
            lastWait = firstWait;
        }
        return new ChainSettings(
                new ChainWorker.Config(
                        atOnce, (int) yaml.whole("tries", worker.tries(), 1, 20), firstWait, lastWait, (int)
                                yaml.whole("keep", worker.keep(), 1, 10_000)),
                (int) yaml.whole("cores", by.cores(), 1, 4_096),
                memory(yaml, by.memoryBytes(), atOnce),
                sources(yaml),
                longer(yaml, "patience", by.patience()),
                terms(yaml.map("gate"), by.terms()),
                yaml.number("holdOut", by.holdOut(), v -> v >= 0 && v <= 0.9, "a share, 0..0.9"));
    }

    private static ChainTerms terms(YamlMap yaml, ChainTerms by) {
        yaml.known(List.of(
                "minSamples",
                "minAuc",
                "maxNormalizedEntropy",
                "minCalibration",
                "maxCalibration",
                "maxRmse",
                "maxLossAbove",
                "maxWeight"));
        return ChainTerms.newBuilder()
                .setMinSamples((long) yaml.whole("minSamples", by.getMinSamples(), 0, 1e15))
                .setMinAuc(notNegative(yaml, "minAuc", by.getMinAuc()))
                .setMaxNormalizedEntropy(notNegative(yaml, "maxNormalizedEntropy", by.getMaxNormalizedEntropy()))
                .setMinCalibration(notNegative(yaml, "minCalibration", by.getMinCalibration()))
                .setMaxCalibration(notNegative(yaml, "maxCalibration", by.getMaxCalibration()))
                .setMaxRmse(notNegative(yaml, "maxRmse", by.getMaxRmse()))
                .setMaxLossAbove(notNegative(yaml, "maxLossAbove", by.getMaxLossAbove()))
                .setMaxWeight(notNegative(yaml, "maxWeight", by.getMaxWeight()))
                .build();
    }

    private static long memory(YamlMap yaml, long fallback, int atOnce) {
        long least = atOnce * ChainSettings.LEAST_BYTES;
        if (!yaml.has("memory")) {
            return Math.max(fallback, least);
        }
        Object value = yaml.entries().get("memory");
        Matcher matcher = BYTES.matcher(String.valueOf(value));
        long bytes = matcher.matches()
                ? Long.parseLong(matcher.group(1)) << (matcher.group(2).equals("GiB") ? 30 : 20)
                : 0;
        if (bytes < least) {
            yaml.problem(
                    "memory",
                    String.format(
                            Locale.ROOT,
                            "'%s' is not valid; like 2GiB or 512MiB, at least 128MiB for each of atOnce %d",
                            value,
                            atOnce));
            return least;
        }
        return bytes;
    }

    private static List<String> sources(YamlMap yaml) {
        List<String> sources = new ArrayList<>();
        Object value = yaml.entries().get("sources");
        if (value instanceof List<?> list) {
            list.forEach(source -> sources.add(String.valueOf(source)));
        } else if (value != null) {
            yaml.problem("sources", "is no list; like [/srv/exports, s3://bucket/exports]");
        }
        for (String source : sources) {
            if (!source.startsWith("s3://") && !Path.of(source).isAbsolute()) {
                yaml.problem("sources", "'" + source + "' is not valid; an absolute folder, or s3://BUCKET/PREFIX");
            }
        }
        return sources;
    }

    private static double notNegative(YamlMap yaml, String name, double fallback) {
        return yaml.number(name, fallback, v -> v >= 0, "a number not below 0");
    }

    private static double above(YamlMap yaml, String name, double fallback) {
        return yaml.number(name, fallback, v -> v > 0, "a number above 0");
    }

    private static Duration longer(YamlMap yaml, String name, Duration fallback) {
        return duration(yaml, name, fallback, Duration.ofMillis(1));
    }

    private static Duration duration(YamlMap yaml, String name, Duration fallback, Duration least) {
        Duration read = yaml.duration(name, fallback);
        if (read.compareTo(least) < 0) {
            yaml.problem(name, "'" + yaml.entries().get(name) + "' is not valid; longer than zero, like 500ms, 5s, 2m");
            return fallback;
        }
        return read;
    }

    private static Duration max(Duration a, Duration b) {
        return a.compareTo(b) > 0 ? a : b;
    }
}
