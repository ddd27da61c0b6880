package dev.millrace.api.json;

import dev.millrace.api.problem.Problem;
import dev.millrace.api.problem.ProblemException;

/** What an id may be: 1..{@value #MAX_LENGTH} characters of well-formed Unicode, none of them a control character. */
public final class Ids {
    public static final int MAX_LENGTH = 128;

    private Ids() {}

    /** @param field where it stands, for the problem */
    public static String check(String field, String id) {
        if (id.isEmpty() || id.length() > MAX_LENGTH) {
            throw refused(field, "has " + id.length() + " characters", "send 1.." + MAX_LENGTH + " characters");
        }
        if (hasControl(id) || !isUnicode(id)) {
            throw refused(field, "has a control character or broken Unicode", "send an id of visible characters");
        }
        return id;
    }

    private static ProblemException refused(String field, String detail, String fix) {
        return new ProblemException(Problem.invalid(field, field + " " + detail, fix));
    }

    static boolean hasControl(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (Character.isISOControl(text.charAt(i))) {
                return true;
            }
        }
        return false;
    }

    /** Whether UTF-8 can carry it: half a surrogate pair would reach the log as another text. */
    static boolean isUnicode(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (Character.isHighSurrogate(c)) {
                if (++i == text.length() || !Character.isLowSurrogate(text.charAt(i))) {
                    return false;
                }
            } else if (Character.isLowSurrogate(c)) {
                return false;
            }
        }
        return true;
    }
}
