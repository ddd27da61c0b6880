package dev.millrace.ingest.spec;

import java.util.List;
import java.util.Locale;

/**
 * What ranks, made of the heads' predictions p_h, like {@code click * (1 + 2 * like) + 0.1 * max(0, watch)}: numbers,
 * names of heads, {@code + - * / ^}, parentheses, {@code min(a, b)}, {@code max(a, b)}, {@code log1p(a)}. A value that is
 * not finite counts as 0. The same bits on every machine. Immutable.
 */
public final class ScoreFormula {
    /** What a formula's part gives for the predictions {@code p[at], p[at + 1], …}. */
    @FunctionalInterface
    private interface Term {
        double of(float[] p, int at);
    }

    private final String text;
    private final Term term;

    private ScoreFormula(String text, Term term) {
        this.text = text;
        this.term = term;
    }

    /** The first head's prediction. */
    static ScoreFormula first() {
        return new ScoreFormula("", (predictions, at) -> predictions[at]);
    }

    /**
     * @param heads names of the heads, in their order
     * @throws IllegalArgumentException that says what is wrong, and where
     */
    static ScoreFormula parse(String text, List<String> heads) {
        Parser parser = new Parser(text, heads);
        Term whole = parser.sum();
        parser.end();
        return new ScoreFormula(text, whole);
    }

    /** Head h's prediction is {@code predictions[at + h]}. */
    public float of(float[] predictions, int at) {
        float value = (float) term.of(predictions, at);
        return Float.isFinite(value) ? value : 0f;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ScoreFormula formula && formula.text.equals(text);
    }

    @Override
    public int hashCode() {
        return text.hashCode();
    }

    @Override
    public String toString() {
        return text;
    }

    /** By recursive descent; depth is bounded by {@link #MAX_LENGTH}. */
    private static final class Parser {
        private static final int MAX_LENGTH = 500;

        private final String text;
        private final List<String> heads;
        private int at;

        Parser(String text, List<String> heads) {
            this.text = text;
            this.heads = heads;
            if (text.length() > MAX_LENGTH) {
                throw new IllegalArgumentException("is longer than " + MAX_LENGTH + " characters");
            }
        }

        private Term sum() {
            Term left = product();
            while (true) {
                Term a = left;
                if (take('+')) {
                    Term b = product();
                    left = (p, i) -> a.of(p, i) + b.of(p, i);
                } else if (take('-')) {
                    Term b = product();
                    left = (p, i) -> a.of(p, i) - b.of(p, i);
                } else {
                    return left;
                }
            }
        }

        private Term product() {
            Term left = signed();
            while (true) {
                Term a = left;
                if (take('*')) {
                    Term b = signed();
                    left = (p, i) -> a.of(p, i) * b.of(p, i);
                } else if (take('/')) {
                    Term b = signed();
                    left = (p, i) -> a.of(p, i) / b.of(p, i);
                } else {
                    return left;
                }
            }
        }

        private Term signed() {
            if (take('-')) {
                Term a = signed();
                return (p, i) -> -a.of(p, i);
            }
            Term base = atom();
            if (!take('^')) {
                return base;
            }
            Term power = signed();
            return (p, i) -> StrictMath.pow(base.of(p, i), power.of(p, i));
        }

        private Term atom() {
            if (take('(')) {
                Term inner = sum();
                need(')');
                return inner;
            }
            int from = at;
            if (from < text.length() && (Character.isDigit(text.charAt(from)) || text.charAt(from) == '.')) {
                return number(from);
            }
            while (at < text.length() && isName(text.charAt(at))) {
                at++;
            }
            String name = text.substring(from, at);
            return name.isEmpty() ? unexpected() : named(name);
        }

        private static boolean isName(char c) {
            return Character.isLetterOrDigit(c) || c == '_';
        }

        private Term number(int from) {
            while (at < text.length() && (Character.isDigit(text.charAt(at)) || text.charAt(at) == '.')) {
                at++;
            }
            try {
                double value = Double.parseDouble(text.substring(from, at));
                return (p, i) -> value;
            } catch (NumberFormatException e) {
                throw new IllegalArgumentException("'" + text.substring(from, at) + "' is no number", e);
            }
        }

        private Term named(String name) {
            int head = heads.indexOf(name);
            if (head >= 0) {
                return (p, i) -> p[i + head];
            }
            switch (name.toLowerCase(Locale.ROOT)) {
                case "min", "max" -> {
                    need('(');
                    Term a = sum();
                    need(',');
                    Term b = sum();
                    need(')');
                    return name.equalsIgnoreCase("min")
                            ? (p, i) -> Math.min(a.of(p, i), b.of(p, i))
                            : (p, i) -> Math.max(a.of(p, i), b.of(p, i));
                }
                case "log1p" -> {
                    need('(');
                    Term a = sum();
                    need(')');
                    return (p, i) -> StrictMath.log1p(a.of(p, i));
                }
                default ->
                    throw new IllegalArgumentException("no head or function '" + name + "'; "
                            + KnownNames.fix(name, heads) + "; or min, max, log1p");
            }
        }

        private boolean take(char c) {
            skip();
            if (at < text.length() && text.charAt(at) == c) {
                at++;
                skip();
                return true;
            }
            return false;
        }

        private void skip() {
            while (at < text.length() && text.charAt(at) == ' ') {
                at++;
            }
        }

        private void need(char c) {
            if (!take(c)) {
                throw new IllegalArgumentException("'" + c + "' is missing at character " + (at + 1));
            }
        }

        private void end() {
            skip();
            if (at < text.length()) {
                unexpected();
            }
        }

        private Term unexpected() {
            throw new IllegalArgumentException(
                    at < text.length()
                            ? "'" + text.charAt(at) + "' at character " + (at + 1) + " is not expected"
                            : "ends where a number or a head is expected");
        }
    }
}
