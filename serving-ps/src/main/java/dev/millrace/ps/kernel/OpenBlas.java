package dev.millrace.ps.kernel;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * OpenBLAS through the foreign-function API, arrays pinned for the call and not copied: the machine's own library, or that
 * of org.bytedeco:openblas where it is on the class path. One thread. Its sums are in an order of its own, so that bits may
 * differ from the other kernels'.
 */
final class OpenBlas implements Blas {
    private static final Logger LOG = LoggerFactory.getLogger(OpenBlas.class);
    private static final List<String> NAMES = List.of("libopenblas.so.0", "libopenblas.so", "libopenblas.dylib");
    private static final String PACKAGED = "/org/bytedeco/openblas/linux-x86_64/";
    /** The packaged library, whose later versions have it in one, and what it needs beside it, before it. */
    private static final List<String> PACKAGED_FILES = List.of(
            "libgcc_s.so.1", "libquadmath.so.0", "libgfortran.so.5", "libopenblas_nolapack.so.0", "libopenblas.so.0");

    private static final int ROW_MAJOR = 101;
    private static final int PLAIN = 111;
    private static final int TRANSPOSED = 112;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final FunctionDescriptor SIGNATURE = FunctionDescriptor.ofVoid(
            ValueLayout.JAVA_INT,
            ValueLayout.JAVA_INT,
            ValueLayout.JAVA_INT,
            ValueLayout.JAVA_INT,
            ValueLayout.JAVA_INT,
            ValueLayout.JAVA_INT,
            ValueLayout.JAVA_FLOAT,
            ValueLayout.ADDRESS,
            ValueLayout.JAVA_INT,
            ValueLayout.ADDRESS,
            ValueLayout.JAVA_INT,
            ValueLayout.JAVA_FLOAT,
            ValueLayout.ADDRESS,
            ValueLayout.JAVA_INT);

    private static final Optional<MethodHandle> SGEMM = find();

    private final MethodHandle sgemm;

    private OpenBlas(MethodHandle sgemm) {
        this.sgemm = sgemm;
    }

    /** Empty where there is no OpenBLAS. */
    static Optional<Blas> load() {
        return SGEMM.map(OpenBlas::new);
    }

    private static Optional<MethodHandle> find() {
        for (String name : NAMES) {
            Optional<MethodHandle> found = bind(name);
            if (found.isPresent()) {
                return found;
            }
        }
        return packaged();
    }

    /** That of Linux on x86-64, which the learner brings. */
    private static Optional<MethodHandle> packaged() {
        boolean fits = System.getProperty("os.name").equals("Linux")
                && System.getProperty("os.arch").equals("amd64");
        if (!fits || OpenBlas.class.getResource(PACKAGED + PACKAGED_FILES.getFirst()) == null) {
            return Optional.empty();
        }
        Path folder = null;
        try {
            folder = Files.createTempDirectory("millrace-openblas");
            Optional<MethodHandle> found = Optional.empty();
            for (String name : PACKAGED_FILES) {
                Path file = folder.resolve(name);
                try (InputStream in = OpenBlas.class.getResourceAsStream(PACKAGED + name)) {
                    if (in != null) {
                        Files.copy(in, file);
                        Optional<MethodHandle> bound = bind(file.toString());
                        found = bound.isPresent() ? bound : found;
                    }
                }
            }
            if (found.isEmpty()) {
                LOG.warn("OpenBLAS cannot be linked from {}: may programs be run from java.io.tmpdir?", folder);
            }
            return found;
        } catch (IOException e) {
            LOG.warn("OpenBLAS cannot be unpacked to java.io.tmpdir", e);
            return Optional.empty();
        } finally {
            if (folder != null) {
                // Linked already, where it is linked at all.
                delete(folder);
            }
        }
    }

    private static void delete(Path folder) {
        for (String name : PACKAGED_FILES) {
            try {
                Files.deleteIfExists(folder.resolve(name));
            } catch (IOException e) {
                folder.resolve(name).toFile().deleteOnExit();
            }
        }
        folder.toFile().deleteOnExit();
    }

    private static Optional<MethodHandle> bind(String library) {
        try {
            SymbolLookup symbols = SymbolLookup.libraryLookup(library, Arena.global());
            Optional<MemorySegment> sgemm = symbols.find("cblas_sgemm");
            Optional<MemorySegment> threads = symbols.find("openblas_set_num_threads");
            if (sgemm.isEmpty() || threads.isEmpty()) {
                return Optional.empty();
            }
            LINKER.downcallHandle(threads.get(), FunctionDescriptor.ofVoid(ValueLayout.JAVA_INT))
                    .invokeExact(1);
            return Optional.of(LINKER.downcallHandle(sgemm.get(), SIGNATURE, Linker.Option.critical(true)));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        } catch (Throwable e) {
            throw new IllegalStateException("OpenBLAS at " + library + " cannot be called", e);
        }
    }

    @Override
    public void multiply(int m, int n, int k, Matrix a, Matrix b, Matrix c, boolean add) {
        try {
            sgemm.invokeExact(
                    ROW_MAJOR,
                    a.transposed() ? TRANSPOSED : PLAIN,
                    b.transposed() ? TRANSPOSED : PLAIN,
                    m,
                    n,
                    k,
                    1f,
                    segment(a),
                    a.stride(),
                    segment(b),
                    b.stride(),
                    add ? 1f : 0f,
                    segment(c),
                    c.stride());
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException("cblas_sgemm failed", e);
        }
    }

    private static MemorySegment segment(Matrix matrix) {
        MemorySegment all = MemorySegment.ofArray(matrix.values());
        return matrix.at() == 0 ? all : all.asSlice((long) matrix.at() * Float.BYTES);
    }

    @Override
    public String name() {
        return "OpenBLAS";
    }
}
