package dev.millrace.ingest.source;

import java.util.Locale;
import java.util.Optional;

/** What a bulk file's bytes are. */
public enum SourceFormat {
    /** Cells between commas, quoted where needed (RFC 4180, but a line break ends a row always). */
    CSV("csv"),
    /** Cells between tabs, as they are. */
    TSV("tsv"),
    /** A JSON object a line; nested ones by dotted names. */
    JSONL("jsonl"),
    PARQUET("parquet"),
    /** Columnar compressed sample blocks, see {@link BlockFileWriter}. */
    BLOCKS("mrb"),
    /** Vowpal Wabbit's text: {@code label |namespace feature:value …}; a namespace is an attribute. */
    VW("vw");

    private final String ending;

    SourceFormat(String ending) {
        this.ending = ending;
    }

    public String ending() {
        return ending;
    }

    /** By its name's ending. */
    public static Optional<SourceFormat> of(String fileName) {
        String ending = fileName.substring(fileName.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
        for (SourceFormat format : values()) {
            if (format.ending.equals(ending)) {
                return Optional.of(format);
            }
        }
        return Optional.empty();
    }

    boolean isText() {
        return this == CSV || this == TSV || this == JSONL || this == VW;
    }
}
