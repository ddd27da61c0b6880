package dev.millrace.load.data;

import java.nio.file.Path;
import java.util.Locale;

/** The kinds of recording that can be read. */
public enum Dataset {
    /** GroupLens' MovieLens 100K folder. */
    MOVIELENS,
    /** Microsoft's MIND folder, or the sample of it. */
    MIND,
    /** A file of API bodies, one JSON object a line. */
    JSONL;

    public Recording read(Path path) {
        return switch (this) {
            case MOVIELENS -> MovieLensReader.read(path);
            case MIND -> MindReader.read(path);
            case JSONL -> JsonlReader.read(path);
        };
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
