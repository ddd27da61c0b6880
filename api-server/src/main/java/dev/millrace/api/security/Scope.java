package dev.millrace.api.security;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** What a caller may do. */
public enum Scope {
    /** Nothing that needs anybody's leave: health, the page's files. */
    OPEN("open"),
    /** To be ranked for, and to ask what became of events. */
    RANK("rank"),
    /** To post events, and nothing else: what a browser may hold. */
    EVENTS_WRITE("events:write"),
    /** Everything. */
    ADMIN("admin");

    private final String label;

    Scope(String label) {
        this.label = label;
    }

    /** As it stands in keys and tokens. */
    public String label() {
        return label;
    }

    /** Whether somebody with these may do what needs this one. */
    boolean isAmong(Set<Scope> granted) {
        return this == OPEN || granted.contains(this) || granted.contains(ADMIN);
    }

    /** Those that are granted: all but OPEN. */
    public static List<String> labels() {
        return Arrays.stream(values())
                .filter(scope -> scope != OPEN)
                .map(Scope::label)
                .toList();
    }

    static Optional<Scope> of(String label) {
        return Arrays.stream(values())
                .filter(scope -> scope != OPEN && scope.label.equals(label))
                .findFirst();
    }

    /** @throws IllegalArgumentException when one is none */
    public static Set<Scope> parse(Iterable<String> labels) {
        EnumSet<Scope> scopes = EnumSet.noneOf(Scope.class);
        for (String label : labels) {
            scopes.add(of(label)
                    .orElseThrow(() -> new IllegalArgumentException(
                            "'" + label + "' is no scope; one of " + String.join(", ", labels()))));
        }
        return scopes;
    }
}
