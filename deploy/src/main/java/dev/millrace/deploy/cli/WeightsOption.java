package dev.millrace.deploy.cli;

import dev.millrace.deploy.embedded.ProfilesFrom;
import dev.millrace.deploy.embedded.WeightsFrom;
import dev.millrace.ps.serve.ServingReplica;
import picocli.CommandLine.Option;

/** {@code --weights} of the commands that run the API. */
final class WeightsOption {
    @Option(
            names = "--weights",
            paramLabel = "WHERE",
            defaultValue = "${env:MILLRACE_WEIGHTS:-in-process}",
            description = {
                "Where ranking gets its weights: in-process; redis://HOST:PORT[,HOST:PORT] (kept there by this process"
                        + " as well); or processes of millrace serving-ps as tcp://HOST:PORT, grpc://HOST:PORT,"
                        + " unix:/PATH or shm:/PATH, separated by commas. A password belongs into"
                        + " $MILLRACE_WEIGHTS, not here, where others see it. Default: $MILLRACE_WEIGHTS, or in-process."
            })
    private String where = "in-process";

    @Option(
            names = "--max-hot-rows",
            paramLabel = "N",
            description = "in-process: rows in memory; the others are read from disk when a request needs them."
                    + " Default: all.")
    private long maxHotRows = ServingReplica.Config.ALL_ROWS;

    @Option(
            names = "--compact-rows",
            description = "in-process: all rows in three fifths of the memory, a little slower.")
    private boolean compactRows;

    @Option(
            names = "--profiles",
            paramLabel = "WHERE",
            defaultValue = "in-process",
            description = "Where profiles are kept: in-process, or redis://HOST:PORT. Default: ${DEFAULT-VALUE}.")
    private String profiles = "in-process";

    /** @throws IllegalArgumentException when it is no such place */
    ProfilesFrom profiles() {
        return ProfilesFrom.parse(profiles);
    }

    /** @throws IllegalArgumentException when it is no such place, or the options do not go together */
    WeightsFrom from() {
        WeightsFrom from = WeightsFrom.parse(where);
        if (!compactRows && maxHotRows == ServingReplica.Config.ALL_ROWS) {
            return from;
        }
        if (!(from instanceof WeightsFrom.ThisProcess)) {
            throw new IllegalArgumentException("--max-hot-rows and --compact-rows are for --weights in-process");
        }
        if (maxHotRows < 1) {
            throw new IllegalArgumentException("--max-hot-rows must be at least 1, not " + maxHotRows);
        }
        if (compactRows && maxHotRows != ServingReplica.Config.ALL_ROWS) {
            throw new IllegalArgumentException("--compact-rows and --max-hot-rows exclude each other");
        }
        return new WeightsFrom.ThisProcess(maxHotRows, compactRows);
    }
}
