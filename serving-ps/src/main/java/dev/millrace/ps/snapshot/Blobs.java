package dev.millrace.ps.snapshot;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.List;

/** A place that keeps bytes by name: what a folder and an object store have in common. */
interface Blobs {
    int COPIED_AT_ONCE = 1 << 20;

    /** All that begin with {@code snapshot-}, in no particular order; none where the place does not exist yet. */
    List<String> names() throws IOException;

    /** @throws java.nio.file.NoSuchFileException when there is none of that name */
    FileChannel open(String name) throws IOException;

    /** @return one that becomes durable with {@link Output#finish} and may be seen before */
    Output create(String name) throws IOException;

    /** Durably and at once: a reader finds all of it, or what was there before. */
    void put(String name, ByteBuffer bytes) throws IOException;

    /** No matter whether it exists. */
    void delete(String name) throws IOException;

    /** Deletes what a crash left half written where {@link #names} does not show it. */
    void sweep() throws IOException;

    /** Durably, to the same name in another place. */
    default void copy(String name, Blobs to) throws IOException {
        try (FileChannel from = open(name);
                Output out = to.create(name)) {
            ByteBuffer buffer = ByteBuffer.allocateDirect(COPIED_AT_ONCE);
            while (from.read(buffer.clear()) >= 0) {
                out.write(buffer.flip());
            }
            out.finish();
        }
    }

    /** For messages. */
    String place();

    interface Output extends AutoCloseable {
        /** All that remains in the buffer. */
        void write(ByteBuffer bytes) throws IOException;

        void finish() throws IOException;

        /** Without {@link #finish} before, nothing stays. */
        @Override
        void close() throws IOException;
    }
}
