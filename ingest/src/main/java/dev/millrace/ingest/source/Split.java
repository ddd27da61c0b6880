package dev.millrace.ingest.source;

/**
 * A part of a file that one worker reads at once: of text, the lines that begin within its bytes; of Parquet and block
 * files, the row groups or blocks that do.
 *
 * @param from first byte
 * @param to one beyond the last
 */
public record Split(DataFile file, long from, long to) {
    public long bytes() {
        return to - from;
    }
}
