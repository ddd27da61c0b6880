package dev.millrace.ps.table;

/**
 * A copy of a table as it was when the cut began, handed out in slices while the table goes on changing: what is about
 * to change is handed out first. Belongs to the table's owning thread; a row number found before {@link #advance} may be
 * read afterwards, but is to be found anew before it is written.
 */
public interface RowCut extends AutoCloseable {
    /** Takes the rows: each once, in no particular order, mostly in the order of {@link KeyHash#place}. */
    @FunctionalInterface
    interface Sink {
        /** The row's fields are to be copied before this returns. */
        void row(ParameterTable table, long row);
    }

    /**
     * Hands out the rows of up to {@code buckets} more buckets. O(buckets), and a bit for each bucket passed over.
     *
     * @return whether all were handed out
     */
    boolean advance(int buckets);

    /** Whether it has all rows; else those that changed since the cut before. */
    boolean whole();

    /** Keys removed between the cut before and this one's beginning: gone, unless this cut hands out their rows. */
    long[] removed();

    /** Ends it. When it was not complete, the next cut is a whole one, whatever was asked for. */
    @Override
    void close();
}
