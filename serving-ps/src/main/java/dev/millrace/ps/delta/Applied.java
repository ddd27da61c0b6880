package dev.millrace.ps.delta;

/** What became of a delta. */
public sealed interface Applied {
    /** It was the next one; its rows serve now. */
    record Advanced(long sequence) implements Applied {}

    /** Its sequence was applied already; dropped. */
    record Duplicate(long sequence) implements Applied {}

    /** Deltas are missing before it; to be mended from a snapshot. */
    record Gap(long expected, long found) implements Applied {}

    /** Its rows mean other features than this spec's; dropped. */
    record WrongSpec(long expected, long found) implements Applied {}
}
