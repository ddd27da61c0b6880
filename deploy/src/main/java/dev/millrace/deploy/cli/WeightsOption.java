package dev.millrace.deploy.cli;

import dev.millrace.deploy.embedded.WeightsFrom;
import picocli.CommandLine.Option;

/** {@code --weights} of the commands that run the API. */
final class WeightsOption {
    @Option(
            names = "--weights",
            paramLabel = "WHERE",
            defaultValue = "in-process",
            description = {
                "Where ranking gets its weights: in-process; redis://HOST:PORT[,HOST:PORT] (kept there by this process"
                        + " as well); or processes of millrace serving-ps as tcp://HOST:PORT, grpc://HOST:PORT,"
                        + " unix:/PATH or shm:/PATH, separated by commas. Default: ${DEFAULT-VALUE}."
            })
    private String where = "in-process";

    /** @throws IllegalArgumentException when it is no such place */
    WeightsFrom from() {
        return WeightsFrom.parse(where);
    }
}
