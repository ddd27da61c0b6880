package dev.millrace.learner.gpu;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/**
 * The CUDA driver of the tests: one of software, built by g++ from src/test/cuda and the shipped kernels, loaded before
 * JCuda looks for the machine's. {@code -Dmillrace.gpu=true}: the machine's own.
 */
public final class SoftwareDriver {
    private static final Path SOURCES = Path.of("src/test/cuda").toAbsolutePath();
    private static final Path KERNELS =
            Path.of("src/main/resources/dev/millrace/learner/gpu/kernels.cu").toAbsolutePath();
    private static boolean loaded;

    private SoftwareDriver() {}

    public static boolean isReal() {
        return Boolean.getBoolean("millrace.gpu");
    }

    /** Loads it once; without g++ the test is skipped, saying so. */
    public static synchronized void load() throws IOException, InterruptedException {
        if (loaded || isReal()) {
            return;
        }
        Path library = Path.of("target/software-driver/libcuda.so.1").toAbsolutePath();
        Files.createDirectories(library.getParent());
        try {
            Process build = new ProcessBuilder(List.of(
                            "g++",
                            "-std=c++20",
                            "-O1",
                            "-fPIC",
                            "-shared",
                            "-Wl,-soname,libcuda.so.1",
                            "-DKERNELS=\"" + KERNELS + "\"",
                            "-o",
                            library.toString(),
                            SOURCES.resolve("software_kernels.cpp").toString(),
                            SOURCES.resolve("software_driver.cpp").toString()))
                    .inheritIO()
                    .start();
            if (!build.waitFor(2, TimeUnit.MINUTES) || build.exitValue() != 0) {
                throw new IllegalStateException("g++ cannot build the software driver");
            }
        } catch (IOException e) {
            Assumptions.abort("no g++ here, so no software driver for CUDA: " + e.getMessage());
        }
        System.load(library.toString());
        loaded = true;
    }

    /** The n-th call of a function from now on fails. */
    static void fail(String function, int nth, int code) {
        Assumptions.assumeFalse(isReal(), "a real driver fails when it likes");
        try (Arena arena = Arena.ofConfined()) {
            call(
                    "software_driver_fail",
                    FunctionDescriptor.of(
                            ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT),
                    arena.allocateFrom(function),
                    nth,
                    code);
        }
    }

    /** Blocks of the device's memory that are taken. */
    static int allocations() {
        Assumptions.assumeFalse(isReal(), "a real driver does not tell");
        return call("software_driver_allocations", FunctionDescriptor.of(ValueLayout.JAVA_INT));
    }

    private static int call(String name, FunctionDescriptor type, Object... arguments) {
        MemorySegment function = SymbolLookup.loaderLookup().find(name).orElseThrow();
        try {
            return (int) Linker.nativeLinker().downcallHandle(function, type).invokeWithArguments(arguments);
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }
}
