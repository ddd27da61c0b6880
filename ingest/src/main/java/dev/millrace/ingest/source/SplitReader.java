package dev.millrace.ingest.source;

import dev.millrace.ingest.sample.SampleBlock;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Reads splits into sample blocks, one worker's. */
public interface SplitReader {
    /** Goes to the beginning of a split. */
    void open(Split split) throws IOException;

    /**
     * The next samples of the open split; null at its end. A block may be empty.
     *
     * @throws DataException when a row is not valid and no more such rows are allowed
     */
    @Nullable
    SampleBlock next() throws IOException;
}
