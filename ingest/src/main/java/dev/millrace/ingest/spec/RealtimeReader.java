package dev.millrace.ingest.spec;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads a spec's {@code realtime}. */
final class RealtimeReader {
    static final List<String> KEYS =
            List.of("last", "length", "count", "rate", "per", "of", "by", "windows", "prior", "strength");

    private static final int MAX_FEATURES = 32;
    /** Look-ups of one item: its own row, and one for each of these. */
    private static final int MAX_BY = 4;

    private static final int DEFAULT_LENGTH = 20;
    private static final double DEFAULT_PRIOR = 0.1;
    private static final double DEFAULT_STRENGTH = 20;
    private static final Duration SHORTEST = Duration.ofSeconds(1);
    private static final Duration LONGEST = Duration.ofDays(365);
    private static final Pattern NAME = Pattern.compile("[A-Za-z][A-Za-z0-9_]{0,31}");
    private static final Pattern BY = Pattern.compile("(user|context)\\.[A-Za-z][A-Za-z0-9_]{0,63}");

    private RealtimeReader() {}

    static List<Realtime> read(YamlMap model) {
        YamlMap yaml = model.map("realtime");
        List<Realtime> features = new ArrayList<>();
        if (yaml.entries().size() > MAX_FEATURES) {
            yaml.problem("", "at most " + MAX_FEATURES + " features");
        }
        for (String name : yaml.entries().keySet()) {
            if (!NAME.matcher(name).matches()) {
                yaml.problem(name, "is not a name: letters, digits and '_', at most 32, a letter first");
            }
            features.add(feature(name, yaml.map(name).known(KEYS)));
        }
        checkNames(yaml, features);
        long by = features.stream()
                .filter(f -> f instanceof Decayed decayed && decayed.by() != null)
                .map(f -> ((Decayed) f).by())
                .distinct()
                .count();
        if (by > MAX_BY) {
            yaml.problem("", "at most " + MAX_BY + " different attributes to count by");
        }
        return features;
    }

    private static void checkNames(YamlMap yaml, List<Realtime> features) {
        Set<String> attributes = new HashSet<>();
        for (Realtime feature : features) {
            for (String attribute : feature.attributes()) {
                if (attribute.equals("user.id") || attribute.equals("item.id") || !attributes.add(attribute)) {
                    yaml.problem(feature.name(), "makes '" + attribute + "', which is there already; rename it");
                }
            }
        }
    }

    private static Realtime feature(String name, YamlMap yaml) {
        List<String> kinds =
                List.of("last", "count", "rate").stream().filter(yaml::has).toList();
        if (kinds.size() != 1) {
            yaml.problem("", "needs one of last, count and rate with action types, like 'last: [like]'");
            return new LastItems(name, Set.of(), DEFAULT_LENGTH);
        }
        String kind = kinds.get(0);
        Set<String> actions = types(yaml, kind);
        if (actions.contains(Decayed.SHOWN)) {
            yaml.problem(kind, "'shown' is what was ranked, no action; it may stand in 'per'");
        }
        return kind.equals("last") ? last(name, actions, yaml) : decayed(name, actions, yaml);
    }

    private static LastItems last(String name, Set<String> actions, YamlMap yaml) {
        forbid(yaml, "is for count and rate", "per", "of", "by", "windows", "prior", "strength");
        int length = (int) yaml.number(
                "length",
                DEFAULT_LENGTH,
                v -> v >= 1 && v <= LastItems.MAX_LENGTH && v == Math.rint(v),
                "a whole number, 1.." + LastItems.MAX_LENGTH);
        return new LastItems(name, actions, length);
    }

    private static Decayed decayed(String name, Set<String> actions, YamlMap yaml) {
        forbid(yaml, "is for last", "length");
        boolean rate = yaml.has("rate");
        if (!rate) {
            forbid(yaml, "is for rate", "per", "prior", "strength");
        }
        Decayed.Of of = yaml.choice("of", Decayed.Of.class, null);
        String by = by(yaml, of);
        Set<String> per = rate ? types(yaml, "per") : Set.of();
        double prior = yaml.number("prior", DEFAULT_PRIOR, v -> v > 0 && v < 1, "above 0, below 1");
        double strength = yaml.number("strength", DEFAULT_STRENGTH, v -> v > 0 && v <= 1e6, "above 0, at most 1e6");
        return new Decayed(name, of, by, actions, per, windows(yaml), prior, strength);
    }

    private static @Nullable String by(YamlMap yaml, Decayed.Of of) {
        if (!yaml.has("by")) {
            return null;
        }
        if (of == Decayed.Of.USER) {
            yaml.problem("by", "is for 'of: item': a person's own are not counted apart");
        }
        return yaml.text("by", BY, "user.NAME or context.NAME");
    }

    private static void forbid(YamlMap yaml, String why, String... keys) {
        for (String key : keys) {
            if (yaml.has(key)) {
                yaml.problem(key, why + "; leave it out");
            }
        }
    }

    private static Set<String> types(YamlMap yaml, String key) {
        Set<String> types = new LinkedHashSet<>();
        if (yaml.entries().get(key) instanceof List<?> list) {
            list.forEach(type -> types.add(String.valueOf(type)));
        }
        if (types.isEmpty()) {
            yaml.problem(key, "must be a list of action types, like [click]");
        }
        return types;
    }

    private static List<Duration> windows(YamlMap yaml) {
        List<Duration> windows = new ArrayList<>();
        if (yaml.entries().get("windows") instanceof List<?> list) {
            for (int i = 0; i < list.size(); i++) {
                int before = yaml.problems();
                Duration window = yaml.durationAt("windows[" + i + "]", list.get(i));
                boolean ascends = windows.isEmpty() || window.compareTo(windows.get(windows.size() - 1)) > 0;
                if (yaml.problems() == before
                        && (!ascends || window.compareTo(SHORTEST) < 0 || window.compareTo(LONGEST) > 0)) {
                    yaml.problem("windows", "must ascend, from 1s to 365d; '" + list.get(i) + "' does not fit");
                }
                windows.add(window);
            }
        }
        if (windows.isEmpty() || windows.size() > Decayed.MAX_WINDOWS) {
            yaml.problem("windows", "must be a list of 1.." + Decayed.MAX_WINDOWS + " durations, like [1m, 1h, 1d]");
        }
        return windows;
    }
}
