package dev.millrace.ingest.spec;

import java.util.List;

/** A feature for every combination of the values of two or three slots. */
public record Cross(List<String> slots, Life life) {
    public Cross {
        slots = List.copyOf(slots);
    }

    public Cross(List<String> slots) {
        this(slots, Life.DEFAULT);
    }

    /** {@code user*genres}: its slot number comes from this. */
    public String name() {
        return String.join("*", slots);
    }
}
