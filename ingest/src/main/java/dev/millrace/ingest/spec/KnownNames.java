package dev.millrace.ingest.spec;

import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/** Suggests the name that somebody meant. */
public final class KnownNames {
    private static final int MAX_LENGTH = 128;

    private KnownNames() {}

    /** "did you mean X?" when one is near, and the known names. */
    public static String fix(String unknown, Collection<String> known) {
        String list = known.isEmpty() ? "none is known here" : "known: " + String.join(", ", known);
        return nearest(unknown, known).map(n -> "did you mean '" + n + "'? ").orElse("") + list;
    }

    /** The known name at the least edit distance, if that is at most a third of its length (at least 2). */
    public static Optional<String> nearest(String unknown, Collection<String> known) {
        String name = unknown.length() > MAX_LENGTH ? unknown.substring(0, MAX_LENGTH) : unknown;
        return known.stream()
                .min(Comparator.comparingInt(k -> distance(name, k)))
                .filter(k -> distance(name, k) <= Math.max(2, k.length() / 3));
    }

    /** Levenshtein distance, O(|a|·|b|). */
    static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int substituted = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(substituted, Math.min(row[j], row[j - 1]) + 1);
            }
        }
        return row[b.length()];
    }
}
