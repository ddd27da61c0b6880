package dev.millrace.ingest.spec;

import java.util.List;
import java.util.stream.Collectors;

/** A model spec that cannot be used, with everything that is wrong with it. */
public final class SpecException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** What is wrong, where ({@code slots.age.bins}), and how to mend it. */
    public record Problem(String field, String message) implements java.io.Serializable {
        @Override
        public String toString() {
            return field.isEmpty() ? message : field + ": " + message;
        }
    }

    private final transient List<Problem> problems;

    public SpecException(String source, List<Problem> problems) {
        super(problems.stream().map(p -> source + ": " + p).collect(Collectors.joining(System.lineSeparator())));
        this.problems = List.copyOf(problems);
    }

    public List<Problem> problems() {
        return problems;
    }
}
