package dev.millrace.ingest.source;

/** A row that is not valid. Without a stack trace: there may be many. */
final class RowProblem extends Exception {
    private static final long serialVersionUID = 1;
    private static final int MAX_EXCERPT = 60;

    RowProblem(String message) {
        super(message, null, false, false);
    }

    /** @param text what stands there */
    static RowProblem of(String column, String text, String hint) {
        String excerpt = text.length() > MAX_EXCERPT ? text.substring(0, MAX_EXCERPT) + "…" : text;
        return new RowProblem("column '" + column + "': '" + excerpt + "' " + hint);
    }
}
