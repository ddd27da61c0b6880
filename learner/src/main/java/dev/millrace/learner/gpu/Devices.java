package dev.millrace.learner.gpu;

import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.learner.step.StepMaker;
import jcuda.CudaException;
import org.jspecify.annotations.Nullable;

/** Chooses what a model learns on, and says why. JCuda is not touched for the CPU. */
public final class Devices {
    /** Rows that the device's memory keeps, by default. */
    public static final int CACHED_ROWS = 1 << 18;

    private Devices() {}

    /** What was asked for. */
    public enum Choice {
        CPU,
        /** Or an error that says what is missing. */
        GPU,
        /** A GPU if there is one and the model has a form for it. */
        AUTO
    }

    /**
     * @param steps of the model, there
     * @param line for a person: what was found, what is used
     */
    public record Chosen(StepMaker steps, String line) {}

    /** What was found. */
    sealed interface Found permits Device, Nothing {}

    record Device(String name) implements Found {}

    record Nothing(String why) implements Found {}

    /** Looked for once: a class that failed to load fails differently the next time. */
    private static final class Once {
        static final Found FOUND = look();

        private static Found look() {
            try (Cuda cuda = new Cuda()) {
                return new Device(cuda.describe());
            } catch (CudaException e) {
                return new Nothing("the CUDA driver says " + e.getMessage());
            } catch (LinkageError e) {
                return new Nothing("no CUDA driver: " + firstLine(e));
            }
        }

        private static String firstLine(LinkageError e) {
            return String.valueOf(e.getMessage()).lines().findFirst().orElse("libcuda.so.1 cannot be loaded");
        }
    }

    static Found found() {
        return Once.FOUND;
    }

    /** @throws IllegalArgumentException when a GPU must be used and cannot */
    public static Chosen choose(Choice choice, ModelSpec spec) {
        return choose(choice, spec, CACHED_ROWS);
    }

    /**
     * @param cachedRows rows that the device's memory keeps
     * @throws IllegalArgumentException when a GPU must be used and cannot
     */
    public static Chosen choose(Choice choice, ModelSpec spec, int cachedRows) {
        if (choice == Choice.CPU) {
            return new Chosen(StepMaker.CPU, "learns on the CPU");
        }
        String why = refusal(spec);
        if (why == null) {
            switch (found()) {
                case Device device -> {
                    return new Chosen(
                            (of, table, life) -> new DeviceStep(of, table, life, cachedRows),
                            "learns on the GPU: " + device.name());
                }
                case Nothing nothing -> why = nothing.why();
            }
        }
        if (choice == Choice.GPU) {
            throw new IllegalArgumentException("--device gpu: " + why + "; use --device auto or cpu");
        }
        return new Chosen(StepMaker.CPU, "learns on the CPU: " + why);
    }

    /** Why a model has no form for a GPU. */
    private static @Nullable String refusal(ModelSpec spec) {
        return spec.network().isLinear() ? "model " + spec.model() + ", a linear model, has no form for a GPU" : null;
    }
}
