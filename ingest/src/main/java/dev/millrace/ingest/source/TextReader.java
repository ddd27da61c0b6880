package dev.millrace.ingest.source;

import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.sample.SampleBlock;
import java.io.IOException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads the lines of splits, a block a split. A split has the lines that begin in it:
 *
 * <pre>
 *        from                                     to
 *  …....\n|line\nline\n            …         \nli|ne\nline…       the first line begins after the first \n from from − 1 on,
 *         ^                                    ^ ^  ^             the last one ends with the first \n from to − 1 on
 * </pre>
 */
abstract class TextReader implements SplitReader {
    static final byte END = '\n';

    /** Beyond a split's end, for its last line; four times as much where that is not enough. */
    private static final int READ_AHEAD = 8 << 10;

    private static final int MOST_AHEAD = 512 << 10;

    protected final SampleRows rows;
    private final DataFiles files;
    private final BadRows bad;
    private byte[] buffer = new byte[READ_AHEAD + ByteScan.BEYOND];
    private @Nullable Split split;
    private @Nullable DataFile file;
    private long fileHash;

    TextReader(DataFiles files, SampleRows rows, BadRows bad) {
        this.files = files;
        this.rows = rows;
        this.bad = bad;
    }

    /** A file begins; whoever needs its first line reads it now. */
    void file(DataFiles from, DataFile next) throws IOException {}

    /** Whether a file's first line is no row. */
    boolean hasHeader() {
        return false;
    }

    /**
     * Gives the cells of the line at {@code at} to {@link #rows}. There is an {@link #END} at or after it, and what
     * {@link ByteScan} needs beyond.
     *
     * @return one beyond the line's END
     */
    abstract int row(byte[] in, int at) throws RowProblem;

    @Override
    public final void open(Split next) throws IOException {
        if (!next.file().equals(file)) {
            file = next.file();
            fileHash = FeatureIds.hash(next.file().name(), 0);
            file(files, next.file());
        }
        split = next;
    }

    @Override
    public final @Nullable SampleBlock next() throws IOException {
        Split open = split;
        if (open == null) {
            return null;
        }
        split = null;
        long start = Math.max(0, open.from() - 1);
        int end = load(open, start);
        int at = 0;
        if (open.from() > 0 || hasHeader()) {
            at = afterEnd(buffer, 0, end);
        }
        int limit = (int) (open.to() - start);
        while (at < end && at < limit) {
            at = row(open, start, at);
        }
        return rows.block();
    }

    private int row(Split open, long start, int at) throws DataException {
        rows.begin();
        try {
            int next = row(buffer, at);
            if (next - at > 1) {
                rows.end(fileHash, start + at);
            }
            return next;
        } catch (RowProblem e) {
            int next = afterEnd(buffer, at, buffer.length);
            if (!isBlank(at, next)) {
                bad.add(open.file(), start + at, e);
            }
            return next;
        }
    }

    private boolean isBlank(int from, int to) {
        for (int i = from; i < to; i++) {
            if (buffer[i] > ' ' || buffer[i] < 0) {
                return false;
            }
        }
        return true;
    }

    private static int afterEnd(byte[] in, int from, int end) {
        int at = from;
        while (at < end && in[at] != END) {
            at++;
        }
        return Math.min(at + 1, end);
    }

    /** Reads to the end of the split's last line; @return how much of the buffer that fills. */
    private int load(Split open, long start) throws IOException {
        int wanted = Math.toIntExact(open.to() - start);
        int loaded = 0;
        int ahead = READ_AHEAD;
        int searchFrom = Math.max(0, wanted - 1);
        while (true) {
            int target = Math.max(wanted, loaded) + ahead;
            ahead = Math.min(4 * ahead, MOST_AHEAD);
            if (buffer.length < target + 1 + ByteScan.BEYOND) {
                buffer = Arrays.copyOf(buffer, target + 1 + ByteScan.BEYOND);
            }
            int more = files.read(open.file(), start + loaded, buffer, loaded, target - loaded);
            boolean atEnd = more < target - loaded;
            loaded += more;
            int end = afterEnd(buffer, Math.min(searchFrom, loaded), loaded);
            if (end > 0 && end <= loaded && buffer[end - 1] == END && end > searchFrom) {
                return end;
            }
            if (atEnd) {
                if (loaded > 0 && buffer[loaded - 1] != END) {
                    buffer[loaded++] = END;
                }
                return loaded;
            }
            if (loaded - wanted > SourceConfig.MAX_LINE_BYTES) {
                throw new DataException(open.file().name() + ": a line at byte " + open.to() + " is longer than "
                        + SourceConfig.MAX_LINE_BYTES + " bytes");
            }
            searchFrom = loaded;
        }
    }
}
