package dev.millrace.ingest.spec;

import java.util.List;

/** A feature for every combination of the values of two or three slots. */
public record Cross(List<String> slots) {
    public Cross {
        slots = List.copyOf(slots);
    }

    /** {@code user*genres}: its slot number comes from this. */
    public String name() {
        return String.join("*", slots);
    }
}
