package dev.millrace.ingest.spec;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** One mapping of a spec file: typed look-ups that collect problems instead of throwing at the first. */
final class YamlMap {
    private static final Pattern DURATION = Pattern.compile("(\\d+)\\s*(ms|s|m|h|d)");

    private final String path;
    private final Map<String, Object> entries;
    private final List<SpecException.Problem> problems;

    private YamlMap(String path, Map<String, Object> entries, List<SpecException.Problem> problems) {
        this.path = path;
        this.entries = entries;
        this.problems = problems;
    }

    /** A missing or wrongly typed mapping reads as an empty one; a wrong type is a problem. */
    static YamlMap of(String path, @Nullable Object yaml, List<SpecException.Problem> problems) {
        Map<String, Object> entries = new LinkedHashMap<>();
        if (yaml instanceof Map<?, ?> map) {
            map.forEach((k, v) -> {
                if (!(k instanceof String)) {
                    // YAML reads yes, no, on and off as true and false.
                    problems.add(new SpecException.Problem(
                            join(path, String.valueOf(k)), "is not text; put the key in quotes, like \"yes\""));
                } else if (v == null) {
                    problems.add(new SpecException.Problem(join(path, String.valueOf(k)), "has no value"));
                } else {
                    entries.put(String.valueOf(k), v);
                }
            });
        } else if (yaml != null) {
            problems.add(new SpecException.Problem(path, "must be a mapping of names to values"));
        }
        return new YamlMap(path, entries, problems);
    }

    YamlMap known(List<String> names) {
        for (String name : entries.keySet()) {
            if (!names.contains(name)) {
                problem(name, "unknown key; " + KnownNames.fix(name, names));
            }
        }
        return this;
    }

    YamlMap map(String name) {
        return of(join(path, name), entries.get(name), problems);
    }

    /** The mapping at {@code field}, which is no name of this one: an element of a list. */
    YamlMap at(String field, @Nullable Object yaml) {
        return of(join(path, field), yaml, problems);
    }

    /** How many problems the whole document has so far. */
    int problems() {
        return problems.size();
    }

    Map<String, Object> entries() {
        return entries;
    }

    boolean has(String name) {
        return entries.containsKey(name);
    }

    String text(String name, Pattern form, String hint) {
        Object value = entries.get(name);
        if (value == null) {
            problem(name, "is missing; " + hint);
            return "";
        }
        if (!(value instanceof String text) || !form.matcher(text).matches()) {
            problem(name, "'" + value + "' is not valid; " + hint);
            return "";
        }
        return text;
    }

    double number(String name, double fallback, Predicate<Double> valid, String hint) {
        Object value = entries.get(name);
        if (value == null) {
            return fallback;
        }
        if (!(value instanceof Number number) || !valid.test(number.doubleValue())) {
            problem(name, "'" + value + "' is not valid; " + hint);
            return fallback;
        }
        return number.doubleValue();
    }

    double whole(String name, double fallback, double least, double most) {
        return number(
                name,
                fallback,
                v -> v >= least && v <= most && v == Math.rint(v),
                "a whole number, %.0f..%.0f".formatted(least, most));
    }

    boolean flag(String name, boolean fallback) {
        Object value = entries.get(name);
        if (value instanceof Boolean flag) {
            return flag;
        }
        if (value != null) {
            problem(name, "'" + value + "' is not valid; true or false");
        }
        return fallback;
    }

    Duration duration(String name, @Nullable Duration fallback) {
        Object value = entries.get(name);
        return value == null && fallback != null ? fallback : durationAt(name, value);
    }

    /** The duration {@code value}, which stands at {@code name}. */
    Duration durationAt(String name, @Nullable Object value) {
        Matcher matcher = DURATION.matcher(String.valueOf(value));
        if (!matcher.matches() || matcher.group(1).length() > 9) {
            problem(name, (value == null ? "is missing" : "'" + value + "' is not valid") + "; like 500ms, 5s, 2m, 1h");
            // Any valid one: the spec is refused, and no second problem comes of it.
            return Duration.ofSeconds(1);
        }
        long amount = Long.parseLong(matcher.group(1));
        return switch (matcher.group(2)) {
            case "ms" -> Duration.ofMillis(amount);
            case "s" -> Duration.ofSeconds(amount);
            case "m" -> Duration.ofMinutes(amount);
            case "h" -> Duration.ofHours(amount);
            default -> Duration.ofDays(amount);
        };
    }

    /** By lower-case name, '.' for '_'; a missing key gives the fallback, or a problem and the first constant without one. */
    <E extends Enum<E>> E choice(String name, Class<E> type, @Nullable E fallback) {
        Object value = entries.get(name);
        E[] constants = type.getEnumConstants();
        if (value == null && fallback != null) {
            return fallback;
        }
        for (E constant : constants) {
            if (word(constant).equals(value)) {
                return constant;
            }
        }
        List<String> names =
                java.util.Arrays.stream(constants).map(YamlMap::word).toList();
        problem(
                name,
                value == null
                        ? "is missing; one of " + String.join(", ", names)
                        : "'" + value + "' is not valid; " + KnownNames.fix(String.valueOf(value), names));
        return constants[0];
    }

    private static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '.');
    }

    void problem(String name, String message) {
        problems.add(new SpecException.Problem(join(path, name), message));
    }

    private static String join(String path, String name) {
        return path.isEmpty() || name.isEmpty() ? path + name : path + "." + name;
    }
}
