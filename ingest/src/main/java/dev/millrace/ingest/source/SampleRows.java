package dev.millrace.ingest.source;

import dev.millrace.ingest.feature.CellRow;
import dev.millrace.ingest.feature.Vectorizer;
import dev.millrace.ingest.id.SampleIds;
import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.sample.SampleBlockBuilder;
import dev.millrace.ingest.spec.ModelSpec;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;

/** Makes samples of cells, and blocks of samples. Cells are bytes in place; nothing is made of them but hashes. */
final class SampleRows {
    private final ModelSpec spec;
    private final SourceConfig config;
    private final long fingerprint;
    private final long modelHash;
    private final RowLabels labels;
    private final CellRow row;
    private final SampleBlockBuilder builder = new SampleBlockBuilder();
    private long requestHash;
    private long itemHash;
    private float weight;
    private long timeMs;
    private long latestMs;

    SampleRows(ModelSpec spec, SourceConfig config, Vectorizer vectorizer) {
        this.spec = spec;
        this.config = config;
        fingerprint = spec.fingerprint();
        modelHash = SampleIds.ofModel(spec.model());
        labels = new RowLabels(spec);
        row = vectorizer.newCellRow();
        latestMs = Long.MIN_VALUE;
    }

    void begin() {
        row.clear();
        labels.begin();
        weight = 1;
        timeMs = config.timeMs();
        requestHash = 0;
        itemHash = 0;
    }

    /** A cell of text, {@code in[from .. to-1]}, which may be a number or a list; an empty one is missing. */
    void cell(ColumnRoles.Column column, byte[] in, int from, int to) throws RowProblem {
        if (from == to) {
            return;
        }
        if (column.special() != ColumnRoles.Special.NONE) {
            special(column, in, from, to);
        }
        if (column.number()) {
            row.number(column.attribute(), number(column, in, from, to));
        }
        if (!column.text()) {
            return;
        }
        int start = from;
        for (int at = from; column.list() && at < to; at++) {
            if (in[at] == config.listSeparator()) {
                text(column, in, start, at);
                start = at + 1;
            }
        }
        text(column, in, start, to);
    }

    private void text(ColumnRoles.Column column, byte[] in, int from, int to) {
        if (from < to) {
            row.text(column.attribute(), in, from, to);
        }
    }

    /** A cell of a column that {@link ColumnRoles.Column#isPlainText}, not empty. */
    void plainText(int attribute, byte[] in, int from, int to) {
        row.text(attribute, in, from, to);
    }

    /** A cell of a column that {@link ColumnRoles.Column#isPlainNumber}. */
    void plainNumber(int attribute, double value) {
        row.number(attribute, value);
    }

    /** One text of a format that tells text from numbers. */
    void string(ColumnRoles.Column column, byte[] in, int from, int to) throws RowProblem {
        if (column.special() != ColumnRoles.Special.NONE) {
            special(column, in, from, to);
        }
        if (column.text()) {
            row.text(column.attribute(), in, from, to);
        }
    }

    /** One number of such a format. */
    void numeric(ColumnRoles.Column column, double value) throws RowProblem {
        if (column.attribute() >= 0) {
            row.numeric(column.attribute(), value);
        }
        switch (column.special()) {
            case LABEL -> labels.number(column, (float) value);
            case WEIGHT -> weight((float) value);
            case TIME -> timeMs = (long) value;
            case REQUEST -> requestHash = SampleIds.ofRequest(whole(column, value));
            case ITEM -> itemHash = SampleIds.ofItem(whole(column, value));
            case NONE -> {}
        }
    }

    private static String whole(ColumnRoles.Column column, double value) throws RowProblem {
        if (value != Math.rint(value) || Math.abs(value) > 9e15) {
            throw RowProblem.of(column.name(), String.valueOf(value), "is no id; a text or a whole number");
        }
        return Long.toString((long) value);
    }

    private void special(ColumnRoles.Column column, byte[] in, int from, int to) throws RowProblem {
        switch (column.special()) {
            case LABEL -> labelOf(column, in, from, to);
            case WEIGHT -> weight((float) number(column, in, from, to));
            case TIME -> timeMs = time(column, in, from, to);
            case REQUEST -> requestHash = SampleIds.ofRequest(in, from, to);
            case ITEM -> itemHash = SampleIds.ofItem(in, from, to);
            case NONE -> {}
        }
    }

    private void labelOf(ColumnRoles.Column column, byte[] in, int from, int to) throws RowProblem {
        double value = Numbers.parse(in, from, to);
        if (Double.isNaN(value)) {
            labels.action(column, string(in, from, to));
        } else {
            labels.number(column, (float) value);
        }
    }

    /** A number, of a format that has a place of its own for it. */
    void label(float value) throws RowProblem {
        labels.number(config.label(), 0, value);
    }

    void weight(float value) throws RowProblem {
        if (!(value >= 0 && value < Float.POSITIVE_INFINITY)) {
            throw RowProblem.of(String.valueOf(config.weight()), String.valueOf(value), "is no weight; 0 or more");
        }
        weight = value;
    }

    private static double number(ColumnRoles.Column column, byte[] in, int from, int to) throws RowProblem {
        double value = Numbers.parse(in, from, to);
        if (Double.isNaN(value)) {
            throw RowProblem.of(
                    column.name(), string(in, from, to), "is no number; leave it empty where there is none");
        }
        return value;
    }

    private static long time(ColumnRoles.Column column, byte[] in, int from, int to) throws RowProblem {
        double ms = Numbers.parse(in, from, to);
        if (!Double.isNaN(ms)) {
            return (long) ms;
        }
        String text = string(in, from, to);
        try {
            return Instant.parse(text).toEpochMilli();
        } catch (DateTimeException e) {
            throw RowProblem.of(
                    column.name(), text, "is no time; milliseconds since the epoch, or like 2026-01-31T12:00:00Z");
        }
    }

    private static String string(byte[] in, int from, int to) {
        return new String(in, from, to - from, StandardCharsets.UTF_8);
    }

    /**
     * Ends the row: it is a sample.
     *
     * @param fileHash of the file's name
     * @param position of the row within it
     */
    void end(long fileHash, long position) throws RowProblem {
        if (!labels.isSaid()) {
            throw new RowProblem("no label in column '" + config.label() + "'"
                    + (spec.heads().isEmpty() ? "" : ", and none of a head in its own"));
        }
        long id = requestHash == 0
                ? SampleIds.ofPlace(modelHash, fileHash, position)
                : SampleIds.of(modelHash, requestHash, itemHash, 0);
        builder.add(
                new SampleBlockBuilder.Meta(
                        id,
                        requestHash == 0 ? id : requestHash,
                        0,
                        labels.first(),
                        labels.firstWeight(weight),
                        1f,
                        Float.NaN,
                        0,
                        timeMs,
                        (byte) 0,
                        labels.more(weight)),
                row.vector());
        latestMs = Math.max(latestMs, timeMs);
    }

    int size() {
        return builder.size();
    }

    /** The block of what was ended. */
    SampleBlock block() {
        long watermarkMs = builder.size() == 0 ? config.timeMs() : latestMs;
        return builder.build(new SampleBlock.Header(spec.model(), fingerprint, config.timeMs(), watermarkMs));
    }
}
