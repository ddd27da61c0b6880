package dev.millrace.ingest.source;

import java.io.IOException;
import java.util.List;

/** A place that holds files: a folder, or an object store's prefix. Any thread. */
public interface DataFiles extends AutoCloseable {
    /** By name; hidden ones (a dot or an underscore in front) left out. */
    List<DataFile> list() throws IOException;

    /**
     * Reads {@code length} bytes, fewer only where the file ends.
     *
     * @return how many
     */
    int read(DataFile file, long position, byte[] into, int offset, int length) throws IOException;

    /** Whether a file or a folder in its name is left out. */
    static boolean isHidden(String name) {
        for (String part : name.split("/", -1)) {
            if (part.startsWith(".") || part.startsWith("_")) {
                return true;
            }
        }
        return false;
    }

    /** For messages. */
    String place();

    @Override
    default void close() {}
}
