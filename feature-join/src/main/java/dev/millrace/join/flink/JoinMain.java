package dev.millrace.join.flink;

import dev.millrace.ingest.spec.ModelSpec;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/**
 * The job on a cluster: {@code JoinMain --bootstrap HOST:PORT --checkpoints URI --specs FILE[,FILE…] [--parallelism N]
 * [--state rocksdb|heap] [--from PATH]}, or the environment's MILLRACE_BOOTSTRAP and so on. It continues from the given
 * savepoint or checkpoint, else from the newest below the checkpoints' folder.
 */
public final class JoinMain {
    private JoinMain() {}

    public static void main(String[] args) throws Exception {
        Arguments arguments = new Arguments(args, System.getenv());
        JoinJob.Config config = JoinJob.Config.of(
                        arguments.required("bootstrap"), URI.create(arguments.required("checkpoints")))
                .withParallelism(
                        Integer.parseInt(arguments.optional("parallelism").orElse("1")))
                .withState(state(arguments.optional("state").orElse("rocksdb")));
        SpecTexts specs = new SpecTexts(specs(arguments.required("specs")));
        List<String> models = specs.read().stream().map(ModelSpec::model).toList();
        LogPartitions.checkSamples(config.bootstrapServers(), models, config.parallelism());
        Optional<String> from = arguments.optional("from");
        if (from.isEmpty()) {
            from = Checkpoints.newestFirst(config.checkpointDir()).stream().findFirst();
        }
        StreamExecutionEnvironment env =
                StreamExecutionEnvironment.getExecutionEnvironment(FlinkSettings.job(config, from));
        int sources = Math.min(config.parallelism(), LogPartitions.fewest(config.bootstrapServers()));
        JoinPipeline.build(env, config, specs, sources);
        env.execute(JoinPipeline.NAME);
    }

    private static JoinJob.StateBackend state(String name) {
        for (JoinJob.StateBackend backend : JoinJob.StateBackend.values()) {
            if (backend.name().equalsIgnoreCase(name)) {
                return backend;
            }
        }
        throw new IllegalArgumentException("--state " + name + ": known are rocksdb, heap");
    }

    private static List<String> specs(String files) throws IOException {
        List<String> specs = new ArrayList<>();
        for (String file : files.split(",", -1)) {
            specs.add(Files.readString(Path.of(file)));
        }
        return specs;
    }

    /** {@code --name value} pairs, with the environment behind them. */
    record Arguments(Map<String, String> given, Map<String, String> environment) {
        private static final List<String> KNOWN =
                List.of("bootstrap", "checkpoints", "specs", "parallelism", "state", "from");

        Arguments(String[] args, Map<String, String> environment) {
            this(parse(args), environment);
        }

        private static Map<String, String> parse(String[] args) {
            Map<String, String> given = new java.util.HashMap<>();
            for (int i = 0; i < args.length; i += 2) {
                String name = args[i].startsWith("--") ? args[i].substring(2) : "";
                if (!KNOWN.contains(name) || i + 1 == args.length) {
                    throw new IllegalArgumentException(
                            "unknown or without a value: '" + args[i] + "'; known: --" + String.join(", --", KNOWN));
                }
                given.put(name, args[i + 1]);
            }
            return given;
        }

        Optional<String> optional(String name) {
            String variable = "MILLRACE_" + name.toUpperCase(java.util.Locale.ROOT);
            return Optional.ofNullable(given.getOrDefault(name, environment.get(variable)));
        }

        String required(String name) {
            return optional(name).orElseThrow(() -> new IllegalArgumentException("needs --" + name));
        }
    }
}
