package dev.millrace.ps.table;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * Address space from the system, zeroed, that takes memory only where it is touched: so a table reserves what its bound
 * could need and grows in place. Freed when nobody can reach it any more, since a racing reader may still probe a table
 * that was replaced.
 *
 * <p>Linux and macOS (mmap). Huge pages (madvise) and memory nodes (mbind) are asked for on Linux; a system that refuses
 * them serves small pages of any node, which is slower and not wrong.
 */
final class MappedMemory {
    private static final boolean LINUX = System.getProperty("os.name", "").startsWith("Linux");
    private static final long PAGE = 4096;
    /** Up to here small pages do; with them, the look-ups of larger tables cost up to seven times as much. */
    static final long SMALL = 128L << 10;

    static final long HUGE_PAGE = 2L << 20;

    private static final int PROT_READ_WRITE = 3;
    private static final int MAP_PRIVATE = 2;
    private static final int MAP_ANONYMOUS = LINUX ? 0x20 : 0x1000;
    private static final int MAP_NORESERVE = LINUX ? 0x4000 : 0x40;
    private static final long MAP_FAILED = -1;
    private static final int MADV_HUGEPAGE = 14;
    private static final int MADV_POPULATE_WRITE = 23;
    private static final int MADV_COLLAPSE = 25;
    private static final long SYS_MBIND = System.getProperty("os.arch", "").equals("aarch64") ? 235 : 237;
    private static final int MPOL_PREFERRED = 1;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final SymbolLookup LIBC = LINKER.defaultLookup();
    private static final MethodHandle MMAP = LINKER.downcallHandle(
            LIBC.findOrThrow("mmap"),
            FunctionDescriptor.of(
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_INT,
                    ValueLayout.JAVA_INT,
                    ValueLayout.JAVA_INT,
                    ValueLayout.JAVA_LONG));
    private static final MethodHandle MUNMAP = LINKER.downcallHandle(
            LIBC.findOrThrow("munmap"),
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));
    private static final MethodHandle MADVISE = LINKER.downcallHandle(
            LIBC.findOrThrow("madvise"),
            FunctionDescriptor.of(
                    ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT));
    private static final MethodHandle SYSCALL = LINKER.downcallHandle(
            LIBC.findOrThrow("syscall"),
            FunctionDescriptor.of(
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_LONG,
                    ValueLayout.ADDRESS,
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_LONG),
            Linker.Option.firstVariadicArg(1));

    private MappedMemory() {}

    /**
     * Reserves, beginning at a huge page's boundary.
     *
     * @throws OutOfMemoryError when the system refuses the address space
     */
    static MemorySegment reserve(long bytes) {
        long unit = bytes <= SMALL ? PAGE : HUGE_PAGE;
        long rounded = Math.ceilDiv(bytes, unit) * unit;
        MemorySegment kept = KeptMemory.take(rounded);
        if (kept != null) {
            return kept;
        }
        long mapped = rounded + HUGE_PAGE;
        long address = map(mapped);
        if (address == MAP_FAILED) {
            throw new OutOfMemoryError("the system refuses " + mapped
                    + " bytes of address space for a parameter table; lower policies.maxRows");
        }
        long aligned = Math.ceilDiv(address, HUGE_PAGE) * HUGE_PAGE;
        return KeptMemory.use(new KeptMemory.Region(aligned, rounded, address, mapped));
    }

    /** Says that only bytes before this one may be written to from now on, until more is said. */
    static void willWrite(MemorySegment memory, long upTo) {
        KeptMemory.willWrite(memory, upTo);
    }

    static long roundToHugePages(long bytes) {
        return Math.ceilDiv(bytes, HUGE_PAGE) * HUGE_PAGE;
    }

    /** Asks for huge pages for all that the range touches, before it is touched. */
    static void preferHugePages(MemorySegment memory, long from, long to) {
        var ignored = advise(memory, from, to, MADV_HUGEPAGE);
    }

    /** Asks for huge pages in place of the small ones that the range has already. Copies what is there. */
    static void makeHugePages(MemorySegment memory, long from, long to) {
        var ignored = advise(memory, from, to, MADV_COLLAPSE);
    }

    /**
     * Takes the range's pages from the system, as if each were written to, and leaves what they hold.
     *
     * @return whether the system did (Linux 5.14 and newer)
     */
    static boolean populate(MemorySegment memory, long from, long to) {
        return advise(memory, from, to, MADV_POPULATE_WRITE);
    }

    private static boolean advise(MemorySegment memory, long from, long to, int advice) {
        long first = from / HUGE_PAGE * HUGE_PAGE;
        long end = Math.min(Math.ceilDiv(to, HUGE_PAGE) * HUGE_PAGE, memory.byteSize());
        if (!LINUX || first >= end) {
            return false;
        }
        try {
            return (int) MADVISE.invokeExact(memory.address() + first, end - first, advice) == 0;
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    /**
     * Asks for memory of one node, before it is touched.
     *
     * @return whether the system agreed
     */
    static boolean preferNode(MemorySegment memory, int node) {
        KeptMemory.never(memory);
        if (!LINUX) {
            return false;
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment mask = arena.allocate(ValueLayout.JAVA_LONG, MemoryNodes.MAX / Long.SIZE);
            mask.setAtIndex(ValueLayout.JAVA_LONG, node / Long.SIZE, 1L << (node % Long.SIZE));
            return (long) SYSCALL.invokeExact(
                            SYS_MBIND,
                            memory.address(),
                            memory.byteSize(),
                            (long) MPOL_PREFERRED,
                            mask,
                            (long) MemoryNodes.MAX,
                            0L)
                    == 0;
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    private static long map(long bytes) {
        try {
            return (long)
                    MMAP.invokeExact(0L, bytes, PROT_READ_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0L);
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    static void unmap(long address, long bytes) {
        try {
            var ignored = (int) MUNMAP.invokeExact(address, bytes);
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }
}
