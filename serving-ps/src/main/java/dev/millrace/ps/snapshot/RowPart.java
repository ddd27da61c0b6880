package dev.millrace.ps.snapshot;

import java.io.IOException;
import java.lang.foreign.MemorySegment;

/** Rows of a table, or those of one increment, in chunks. Any thread may read. */
interface RowPart extends AutoCloseable {
    int chunks();

    /** A multiple of the layout's stride. */
    int chunkBytes(int chunk);

    /**
     * Copies a chunk's rows to the beginning of {@code target}.
     *
     * @throws SnapshotDamagedException when its bytes are not those that were written
     */
    void read(int chunk, MemorySegment target) throws IOException;

    /** Keys that are gone, unless {@link #read} brings them again. */
    long[] removed();

    @Override
    void close();
}
