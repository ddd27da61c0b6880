package dev.millrace.ps.table;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Regions whose table nobody can reach any more, kept for the next table that reserves as much: where the system's fresh
 * pages are slow (a virtual machine whose host takes free ones back), writing zeros to used ones is ten times as fast.
 * Off by default, since what is kept is nobody else's: {@code -Dmillrace.table.keep=MiB} is the most of it. Any thread.
 */
final class KeptMemory {
    private static final long NEVER = -1;
    /** In use: what may have been written to, in bytes from the beginning. */
    private static final Map<Long, Long> WRITTEN = new ConcurrentHashMap<>();

    private static volatile long most = Long.getLong("millrace.table.keep", 0) << 20;

    private static final Deque<Region> KEPT = new ArrayDeque<>();
    private static long keptBytes;

    /**
     * @param address of its first byte, aligned
     * @param mappedAddress as the system gave it
     */
    record Region(long address, long bytes, long mappedAddress, long mappedBytes, long written) {
        Region(long address, long bytes, long mappedAddress, long mappedBytes) {
            this(address, bytes, mappedAddress, mappedBytes, 0);
        }
    }

    private KeptMemory() {}

    /** In place of the property. What is kept already stays so. */
    static void atMost(long bytes) {
        most = bytes;
    }

    static synchronized long keptBytes() {
        return keptBytes;
    }

    /** A segment of zeros, which comes back here when nobody can reach it. */
    static MemorySegment use(Region region) {
        if (most > 0) {
            WRITTEN.put(region.address, region.written);
        }
        return MemorySegment.ofAddress(region.address)
                .reinterpret(region.bytes, Arena.ofAuto(), gone -> comeBack(region));
    }

    /** One of that size that was kept, zeroed; null: there is none. */
    static @Nullable MemorySegment take(long bytes) {
        Region found = find(bytes);
        if (found == null) {
            return null;
        }
        MemorySegment segment = use(found);
        segment.asSlice(0, found.written).fill((byte) 0);
        return segment;
    }

    private static synchronized @Nullable Region find(long bytes) {
        for (Region region : KEPT) {
            if (region.bytes == bytes) {
                KEPT.remove(region);
                keptBytes -= region.written;
                return region;
            }
        }
        return null;
    }

    static void willWrite(MemorySegment memory, long upTo) {
        if (most > 0) {
            WRITTEN.computeIfPresent(
                    memory.address(),
                    (address, before) ->
                            before == NEVER ? before : Math.max(before, Math.min(upTo, memory.byteSize())));
        }
    }

    /** It is to be given back to the system: of a certain memory node. */
    static void never(MemorySegment memory) {
        WRITTEN.computeIfPresent(memory.address(), (address, before) -> NEVER);
    }

    private static void comeBack(Region region) {
        Long written = WRITTEN.remove(region.address);
        if (written == null
                || written == NEVER
                || !keep(new Region(region.address, region.bytes, region.mappedAddress, region.mappedBytes, written))) {
            MappedMemory.unmap(region.mappedAddress, region.mappedBytes);
        }
    }

    private static synchronized boolean keep(Region region) {
        if (region.written <= MappedMemory.SMALL || keptBytes + region.written > most) {
            return false;
        }
        keptBytes += region.written;
        KEPT.add(region);
        return true;
    }
}
