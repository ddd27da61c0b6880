package dev.millrace.deploy.cli;

import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.learner.gpu.Devices;
import dev.millrace.learner.step.StepMaker;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Option;

/** {@code --device}: what a model learns on. */
final class DeviceOption {
    @Option(
            names = "--device",
            paramLabel = "DEVICE",
            defaultValue = "cpu",
            description =
                    "What learns: cpu, gpu (an error where that cannot be), auto (the GPU if there is one and the model"
                            + " has a form for it: networks). Default: ${DEFAULT-VALUE}.")
    private Devices.Choice device = Devices.Choice.CPU;

    /**
     * Says what was found, and what is used.
     *
     * @throws IllegalArgumentException when a GPU must be used and cannot
     */
    StepMaker steps(ModelSpec spec) {
        return steps(List.of(spec));
    }

    /**
     * Of a learner whose rows are in shards: it has a form for the CPU only, and says so.
     *
     * @throws IllegalArgumentException when a GPU must be used
     */
    void remote(ModelSpec spec) {
        if (device == Devices.Choice.GPU) {
            throw new IllegalArgumentException("--device gpu: rows of model " + spec.model()
                    + " are in remote shards, and learners of these learn on the CPU; use --device auto or cpu, or learn it"
                    + " in one process ('serve', 'train')");
        }
        System.out.println(
                "millrace: learns on the CPU" + (device == Devices.Choice.AUTO ? ": rows are in shards" : ""));
    }

    /** The same of several models, each of which may have a form for a GPU or not. */
    StepMaker steps(List<ModelSpec> specs) {
        Map<String, StepMaker> chosen = new HashMap<>();
        for (ModelSpec spec : specs) {
            Devices.Chosen its = Devices.choose(device, spec);
            System.out.println("millrace: " + (specs.size() == 1 ? "" : spec.model() + " ") + its.line());
            chosen.put(spec.model(), its.steps());
        }
        return (spec, table, life) ->
                chosen.getOrDefault(spec.model(), StepMaker.CPU).of(spec, table, life);
    }
}
