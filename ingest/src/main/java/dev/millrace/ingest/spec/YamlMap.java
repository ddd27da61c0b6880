package dev.millrace.ingest.spec;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.YAMLException;

/** One mapping of a YAML file: typed look-ups that collect problems instead of throwing at the first. */
public final class YamlMap {
    private static final Pattern EXPONENT = Pattern.compile("[-+]?\\d{1,18}[eE][-+]?\\d{1,3}");
    private static final Pattern DURATION = Pattern.compile("(\\d+)\\s*(ms|s|m|h|d)");

    private final String path;
    private final Map<String, Object> entries;
    private final List<SpecException.Problem> problems;

    /** Reads a whole file's mapping. */
    @FunctionalInterface
    public interface Reader<T> {
        T read(YamlMap top);
    }

    private YamlMap(String path, Map<String, Object> entries, List<SpecException.Problem> problems) {
        this.path = path;
        this.entries = entries;
        this.problems = problems;
    }

    /**
     * Reads a YAML document.
     *
     * @param source named in errors
     * @param empty what is wrong with a document that has nothing; null: it reads as an empty mapping
     * @throws SpecException with everything that is wrong
     */
    public static <T> T read(String source, String yaml, @Nullable String empty, Reader<T> reader) {
        List<SpecException.Problem> problems = new ArrayList<>();
        Object document = null;
        try {
            LoaderOptions options = new LoaderOptions();
            options.setAllowDuplicateKeys(false);
            document = new Yaml(new SafeConstructor(options)).load(yaml);
        } catch (YAMLException e) {
            problems.add(new SpecException.Problem("", "is not YAML: " + e.getMessage()));
        }
        if (document == null && empty != null && problems.isEmpty()) {
            problems.add(new SpecException.Problem("", empty));
        }
        if (!problems.isEmpty()) {
            throw new SpecException(source, problems);
        }
        T read = reader.read(of("", document, problems));
        if (!problems.isEmpty()) {
            throw new SpecException(source, problems);
        }
        return read;
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

    public YamlMap known(List<String> names) {
        for (String name : entries.keySet()) {
            if (!names.contains(name)) {
                problem(name, "unknown key; " + KnownNames.fix(name, names));
            }
        }
        return this;
    }

    public YamlMap map(String name) {
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

    public Map<String, Object> entries() {
        return entries;
    }

    public boolean has(String name) {
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

    public double number(String name, double fallback, Predicate<Double> valid, String hint) {
        Object value = entries.get(name);
        if (value == null) {
            return fallback;
        }
        // YAML 1.1 takes a number with an exponent and no point for text.
        Object read = value instanceof String text && EXPONENT.matcher(text).matches() ? Double.valueOf(text) : value;
        if (!(read instanceof Number number) || !valid.test(number.doubleValue())) {
            problem(name, "'" + value + "' is not valid; " + hint);
            return fallback;
        }
        return number.doubleValue();
    }

    public double whole(String name, double fallback, double least, double most) {
        return number(
                name,
                fallback,
                v -> v >= least && v <= most && v == Math.rint(v),
                "a whole number, %.0f..%.0f".formatted(least, most));
    }

    public boolean flag(String name, boolean fallback) {
        Object value = entries.get(name);
        if (value instanceof Boolean flag) {
            return flag;
        }
        if (value != null) {
            problem(name, "'" + value + "' is not valid; true or false");
        }
        return fallback;
    }

    public Duration duration(String name, @Nullable Duration fallback) {
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

    public void problem(String name, String message) {
        problems.add(new SpecException.Problem(join(path, name), message));
    }

    private static String join(String path, String name) {
        return path.isEmpty() || name.isEmpty() ? path + name : path + "." + name;
    }
}
