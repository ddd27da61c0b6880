package dev.millrace.ingest.feature;

/**
 * The attributes of one shown item, given one after the other, text as the bytes in which it stands: the same ids as
 * {@link Vectorizer#request} and {@link Vectorizer#item} make of the same values, in the same order. An attribute is known
 * by its place among {@link Vectorizer#attributes}; one not given is missing; texts add up. One thread at a time.
 */
public sealed interface CellRow permits Vectorizer.Row, FlatRow {
    /** Forgets what was given. */
    void clear();

    /** A {@link FeatureValue.Text}, or one of {@link FeatureValue.Texts}: {@code utf8[from .. to-1]}. */
    void text(int attribute, byte[] utf8, int from, int to);

    /** A {@link FeatureValue.Numeric}. */
    void numeric(int attribute, double value);

    /** What a text reads as: for the attribute's slots of numbers alone. */
    void number(int attribute, double value);

    /** The whole vector of what was given; until the next {@link #clear}. */
    FeatureVector vector();
}
