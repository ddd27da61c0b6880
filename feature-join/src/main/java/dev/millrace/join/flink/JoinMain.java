package dev.millrace.join.flink;

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
 * The job on a cluster: {@code JoinMain --bootstrap HOST:PORT --checkpoints URI --specs FILE[,FILE…] [--parallelism N]},
 * or the environment's MILLRACE_BOOTSTRAP, MILLRACE_CHECKPOINTS, MILLRACE_SPECS, MILLRACE_PARALLELISM. It continues from
 * the newest checkpoint.
 */
public final class JoinMain {
    private JoinMain() {}

    public static void main(String[] args) throws Exception {
        Arguments arguments = new Arguments(args, System.getenv());
        JoinJob.Config config = JoinJob.Config.of(
                        arguments.required("bootstrap"), URI.create(arguments.required("checkpoints")))
                .withParallelism(
                        Integer.parseInt(arguments.optional("parallelism").orElse("1")));
        SpecTexts specs = new SpecTexts(specs(arguments.required("specs")));
        Optional<String> newest =
                Checkpoints.newestFirst(config.checkpointDir()).stream().findFirst();
        StreamExecutionEnvironment env =
                StreamExecutionEnvironment.getExecutionEnvironment(FlinkSettings.job(config, newest));
        int sources = Math.min(config.parallelism(), LogPartitions.fewest(config.bootstrapServers()));
        JoinPipeline.build(env, config, specs, sources);
        env.execute(JoinPipeline.NAME);
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
        private static final List<String> KNOWN = List.of("bootstrap", "checkpoints", "specs", "parallelism");

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
