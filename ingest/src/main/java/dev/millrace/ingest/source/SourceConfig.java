package dev.millrace.ingest.source;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How the rows of a bulk source are to be read. Columns are named by the file (the header line, JSON's or Parquet's
 * names) or by {@code columns}. One named as an attribute that the spec reads ({@code user.age}), or as its last part
 * where that is clear ({@code age}), is that attribute; others are left out.
 *
 * @param format null: by each file's ending
 * @param label column of the label: a number in [0, 1], or an action type of the spec; of a model with heads, a number is
 *     the first head's, and an action type labels every head that knows it
 * @param weight column of how many samples a row stands for; null: 1
 * @param time column of the event time, milliseconds since the epoch or ISO 8601; null: {@code timeMs}
 * @param request column of the request id, which makes a sample's id with the item's; null: ids from file and place
 * @param columns names of the columns where no file has a header line; empty: files have one
 * @param listSeparator between the texts of one cell of a {@code categories} slot
 * @param timeMs event time of rows that tell none
 * @param splitBytes of text that is read at once
 * @param maxBadRows rows that may be left out since they are not valid, before reading fails
 * @param heads column of a head's label, by the head's name; a head that is not named has the column of its name, if one
 *     is called so and is no attribute. An empty cell says nothing of the head
 */
public record SourceConfig(
        @Nullable SourceFormat format,
        String label,
        @Nullable String weight,
        @Nullable String time,
        @Nullable String request,
        List<String> columns,
        char listSeparator,
        long timeMs,
        int splitBytes,
        long maxBadRows,
        Map<String, String> heads) {
    /** Longest line, and least that a reader holds. */
    public static final int MAX_LINE_BYTES = 1 << 20;

    private static final int MIN_SPLIT = 1 << 10;
    private static final int MAX_SPLIT = 64 << 20;

    public SourceConfig {
        columns = List.copyOf(columns);
        heads = Map.copyOf(heads);
        require(!label.isBlank(), "label must name a column");
        require(listSeparator > ' ' && listSeparator < 0x7F, "listSeparator must be one ASCII sign");
        require(splitBytes >= MIN_SPLIT && splitBytes <= MAX_SPLIT, "splitBytes must be between 1 KiB and 64 MiB");
        require(maxBadRows >= 0, "maxBadRows must not be negative");
    }

    /** The same of models without heads, or where columns are called as the heads are. */
    public SourceConfig(
            @Nullable SourceFormat format,
            String label,
            @Nullable String weight,
            @Nullable String time,
            @Nullable String request,
            List<String> columns,
            char listSeparator,
            long timeMs,
            int splitBytes,
            long maxBadRows) {
        this(format, label, weight, time, request, columns, listSeparator, timeMs, splitBytes, maxBadRows, Map.of());
    }

    public static SourceConfig defaults(long timeMs) {
        return new SourceConfig(null, "label", null, null, null, List.of(), '|', timeMs, 256 << 10, 0);
    }

    private static void require(boolean valid, String message) {
        if (!valid) {
            throw new IllegalArgumentException(message);
        }
    }
}
