package dev.millrace.ingest.hostile;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Bytes made by people who mean harm: valid ones, changed in the ways that break parsers (bits, cuts, lengths, numbers at
 * their limits, parts repeated, parts of others), from a seed. What a parser may do with them: give a result, or refuse with
 * one of the exceptions that it names, soon, and with memory of the order of the input.
 */
public final class Hostile {
    private static final int MAX_EDITS = 4;
    private static final int MAX_BYTES = 1 << 16;
    private static final long FREE_BYTES = 8L << 20;
    private static final long BYTES_A_BYTE = 512;
    private static final long LONGEST_NS = 5_000_000_000L;
    private static final long POLL_MS = 100;
    private static final int SHOWN = 2_048;
    private static final long[] LIMITS = {
        0,
        1,
        -1,
        2,
        0x7F,
        0x80,
        0xFF,
        0x7FFF,
        0xFFFF,
        Integer.MAX_VALUE,
        Integer.MIN_VALUE,
        0xFFFF_FFFFL,
        Long.MAX_VALUE,
        Long.MIN_VALUE
    };

    private Hostile() {}

    /** Reads whatever it is given. */
    @FunctionalInterface
    public interface Parser {
        void read(byte[] bytes) throws Exception;
    }

    /**
     * What is attacked.
     *
     * @param seeds valid inputs
     * @param mend puts right what would be refused before anything is read, as a checksum
     * @param refusals what the parser may throw
     * @param freeBytes that reading may allocate whatever the input's length, beside {@value #BYTES_A_BYTE} a byte of it
     */
    public record Target(
            Parser parser,
            List<byte[]> seeds,
            UnaryOperator<byte[]> mend,
            Set<Class<? extends Exception>> refusals,
            long freeBytes) {
        @SafeVarargs
        public static Target of(Parser parser, List<byte[]> seeds, Class<? extends Exception>... refusals) {
            return new Target(parser, seeds, UnaryOperator.identity(), Set.of(refusals), FREE_BYTES);
        }

        public Target mending(UnaryOperator<byte[]> with) {
            return new Target(parser, seeds, with, refusals, freeBytes);
        }

        /** With buffers of its own, or a format that tells how much there will be. */
        public Target within(long bytes) {
            return new Target(parser, seeds, mend, refusals, bytes);
        }
    }

    /** What an attack is at; written by its thread. */
    private static final class Progress {
        private volatile long sinceNs = System.nanoTime();
        private volatile String what = "nothing yet";
        private volatile byte[] bytes = {};
        private volatile @Nullable Throwable failure;

        void at(String input, byte[] itsBytes) {
            what = input;
            bytes = itsBytes;
            sinceNs = System.nanoTime();
        }
    }

    /** Reads {@code runs} hostile inputs, all of them made from the seed; half of them mended. A parser that hangs fails. */
    public static void attack(Target target, long seed, int runs) {
        Progress progress = new Progress();
        Thread attacker = new Thread(() -> attack(target, seed, runs, progress), "hostile");
        attacker.setDaemon(true);
        attacker.start();
        try {
            while (!ended(attacker)) {
                if (System.nanoTime() - progress.sinceNs > 2 * LONGEST_NS) {
                    throw new AssertionError(progress.what + ": hangs at " + shown(progress.bytes));
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
        if (progress.failure != null) {
            throw new AssertionError(progress.failure);
        }
    }

    private static boolean ended(Thread attacker) throws InterruptedException {
        attacker.join(POLL_MS);
        return !attacker.isAlive();
    }

    private static void attack(Target target, long seed, int runs, Progress progress) {
        try {
            Random random = new Random(seed);
            for (byte[] valid : target.seeds()) {
                progress.at("a valid input", valid);
                read(target, valid, progress.what);
            }
            for (int run = 0; run < runs; run++) {
                byte[] changed = mutate(random, target.seeds());
                byte[] bytes = random.nextBoolean() ? target.mend().apply(changed) : changed;
                progress.at("seed " + seed + ", run " + run, bytes);
                read(target, bytes, progress.what);
            }
        } catch (Throwable e) {
            progress.failure = e;
        }
    }

    /** One input, as it may come from a fuzzer. */
    public static void read(Target target, byte[] bytes, String what) {
        long allocated = allocated();
        long startNs = System.nanoTime();
        try {
            target.parser().read(bytes.clone());
        } catch (Exception | StackOverflowError | OutOfMemoryError e) {
            if (target.refusals().stream().noneMatch(refusal -> refusal.isInstance(e))) {
                throw new AssertionError(what + ": " + e + " from " + shown(bytes), e);
            }
        }
        long took = System.nanoTime() - startNs;
        long used = allocated() - allocated;
        if (took > LONGEST_NS || used > target.freeBytes() + BYTES_A_BYTE * bytes.length) {
            throw new AssertionError(what + ": " + took / 1_000_000 + " ms and " + (used >> 20) + " MiB for "
                    + bytes.length + " bytes, " + shown(bytes));
        }
    }

    private static String shown(byte[] bytes) {
        return HexFormat.of().formatHex(bytes, 0, Math.min(bytes.length, SHOWN));
    }

    private static long allocated() {
        return ((com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean()).getCurrentThreadAllocatedBytes();
    }

    /** A fossil, to be changed. */
    public static byte[] fossil(Class<?> beside, String name) {
        try (InputStream in = beside.getResourceAsStream(name)) {
            return Objects.requireNonNull(in, name).readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A valid input after one to four edits. */
    public static byte[] mutate(Random random, List<byte[]> seeds) {
        byte[] bytes = seeds.get(random.nextInt(seeds.size())).clone();
        for (int edits = 1 + random.nextInt(MAX_EDITS); edits > 0; edits--) {
            byte[] other = seeds.get(random.nextInt(seeds.size()));
            bytes = bytes.length == 0 ? other.clone() : edit(random, bytes, other);
        }
        return bytes.length > MAX_BYTES ? Arrays.copyOf(bytes, MAX_BYTES) : bytes;
    }

    private static byte[] edit(Random random, byte[] bytes, byte[] other) {
        int at = random.nextInt(bytes.length);
        int length = 1 + random.nextInt(Math.min(64, bytes.length - at));
        switch (random.nextInt(8)) {
            case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
            case 1 -> bytes[at] = (byte) random.nextInt(256);
            case 2 -> number(random, bytes, at);
            case 3 -> {
                return Arrays.copyOf(bytes, at);
            }
            case 4 -> {
                return splice(bytes, at, at + length, new byte[0]);
            }
            case 5 -> {
                byte[] inserted = new byte[length];
                random.nextBytes(inserted);
                return splice(bytes, at, at, inserted);
            }
            case 6 -> {
                byte[] part = Arrays.copyOfRange(bytes, at, at + length);
                for (int times = random.nextInt(8); times > 0; times--) {
                    bytes = splice(bytes, at, at, part);
                }
            }
            default -> {
                int from = other.length == 0 ? 0 : random.nextInt(other.length);
                int to = Math.min(other.length, from + length);
                return splice(bytes, at, at + random.nextInt(length), Arrays.copyOfRange(other, from, to));
            }
        }
        return bytes;
    }

    /** A number at a limit of its type, of 1 to 8 bytes, in either order. */
    private static void number(Random random, byte[] bytes, int at) {
        long value = LIMITS[random.nextInt(LIMITS.length)];
        int size = 1 << random.nextInt(4);
        boolean isLittle = random.nextBoolean();
        for (int i = 0; i < size && at + i < bytes.length; i++) {
            bytes[at + i] = (byte) (value >>> (8 * (isLittle ? i : size - 1 - i)));
        }
    }

    private static byte[] splice(byte[] bytes, int from, int to, byte[] with) {
        byte[] out = new byte[bytes.length - (to - from) + with.length];
        System.arraycopy(bytes, 0, out, 0, from);
        System.arraycopy(with, 0, out, from, with.length);
        System.arraycopy(bytes, to, out, from + with.length, bytes.length - to);
        return out;
    }
}
