package dev.millrace.ingest.spec;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads a spec's {@code arm} and {@code segment}. */
final class ArmReader {
    static final List<String> KEYS = List.of("role", "compare", "share", "experiment", "promote");
    static final List<String> RULE_KEYS = List.of("alpha", "samples");
    static final List<String> SEGMENT_KEYS = List.of("by", "values");

    private static final double SHARE = 0.1;
    private static final Pattern EXPERIMENT = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");
    private static final Pattern BY = Pattern.compile("(user|context)\\.(?!id$)[A-Za-z][A-Za-z0-9_]{0,63}");

    private ArmReader() {}

    /** @param yaml the whole spec's. @param model the name, with which people are drawn unless 'experiment' says otherwise */
    static @Nullable ArmSpec arm(YamlMap yaml, String model) {
        YamlMap arm = yaml.map("arm").known(KEYS);
        if (!yaml.has("arm")) {
            return null;
        }
        ArmSpec.Role role = arm.choice("role", ArmSpec.Role.class, ArmSpec.Role.SHADOW);
        if (role == ArmSpec.Role.CHAMPION) {
            arm.problem("role", "is given while they run: millrace models promote MODEL --to champion");
        }
        return new ArmSpec(
                role,
                arm.choice("compare", ArmSpec.Compare.class, ArmSpec.Compare.SPLIT),
                arm.number("share", SHARE, v -> v > 0 && v < 1, "the part of the people, between 0 and 1"),
                arm.has("experiment")
                        ? arm.text("experiment", EXPERIMENT, "letters, digits, '.', '_' and '-', at most 64")
                        : model,
                rule(arm));
    }

    private static ArmSpec.@Nullable Rule rule(YamlMap arm) {
        YamlMap rule = arm.map("promote").known(RULE_KEYS);
        if (!arm.has("promote")) {
            return null;
        }
        ArmSpec.Rule d = ArmSpec.Rule.DEFAULT;
        return new ArmSpec.Rule(rule.number("alpha", d.alpha(), v -> v > 0 && v < 1, "a probability, like 0.05"), (long)
                rule.whole("samples", d.samples(), 1, 1e12));
    }

    static @Nullable Segment segment(YamlMap yaml) {
        YamlMap segment = yaml.map("segment").known(SEGMENT_KEYS);
        if (!yaml.has("segment")) {
            return null;
        }
        String by = segment.text("by", BY, "an attribute of the request, like user.country or context.device");
        Set<String> values = new LinkedHashSet<>();
        if (segment.entries().get("values") instanceof List<?> list) {
            for (Object value : list) {
                if (value instanceof Boolean) {
                    // YAML reads yes, no, on and off as true and false.
                    segment.problem("values", "'" + value + "' is no text; put it in quotes, like \"no\"");
                }
                values.add(String.valueOf(value));
            }
        }
        if (values.isEmpty() || values.size() > Segment.MAX_VALUES) {
            segment.problem("values", "must be a list of 1.." + Segment.MAX_VALUES + " texts, like [de, at]");
        }
        return new Segment(by, values);
    }

    /** What the two need of the rest of the spec. */
    static void check(YamlMap yaml, String model, String learnsFrom, Objective objective) {
        for (String key : List.of("arm", "segment")) {
            if (yaml.has(key) && model.equals(learnsFrom)) {
                yaml.problem(key, "is of a model that learns from another's log; say which with 'learnsFrom'");
            }
        }
        if (yaml.has("arm") && yaml.has("segment")) {
            yaml.problem("segment", "excludes arm; a model of a segment is not compared with that of all");
        }
        if (yaml.has("arm") && objective != Objective.LOGISTIC) {
            yaml.problem("arm", "compares probabilities, of objective logistic");
        }
    }
}
