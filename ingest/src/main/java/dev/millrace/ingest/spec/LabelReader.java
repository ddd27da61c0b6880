package dev.millrace.ingest.spec;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads a spec's {@code labels} and {@code aggregate}, and checks that they go with its policies. */
final class LabelReader {
    static final List<String> RULE_KEYS = List.of("perUnit", "atMost", "undoes");
    private static final double LARGEST = 1_000;

    private LabelReader() {}

    static Labels read(YamlMap model) {
        YamlMap yaml = model.map("labels");
        Map<String, Labels.Rule> rules = new LinkedHashMap<>();
        if (yaml.entries().isEmpty()) {
            yaml.problem("", "at least one action type with its label, like 'click: 1'");
        }
        for (String type : yaml.entries().keySet()) {
            rules.put(type, rule(yaml, type));
        }
        rules.forEach((type, rule) -> {
            if (rule instanceof Labels.Undo undo
                    && !(rules.get(undo.type()) instanceof Labels.Amount)
                    && !(rules.get(undo.type()) instanceof Labels.Measure)) {
                List<String> known =
                        rules.keySet().stream().filter(t -> !t.equals(type)).toList();
                yaml.problem(
                        type + ".undoes",
                        "'" + undo.type() + "' is no label that could be undone; "
                                + KnownNames.fix(undo.type(), known));
            }
        });
        return new Labels(rules, model.choice("aggregate", Labels.Aggregate.class, Labels.Aggregate.FIRST));
    }

    private static Labels.Rule rule(YamlMap labels, String type) {
        if (!(labels.entries().get(type) instanceof Map<?, ?>)) {
            return new Labels.Amount(labels.number(
                    type,
                    0,
                    v -> Math.abs(v) <= LARGEST,
                    "a number from -1000 to 1000, {perUnit: X, atMost: Y} or {undoes: TYPE}"));
        }
        YamlMap rule = labels.map(type).known(RULE_KEYS);
        if (rule.has("undoes")) {
            if (rule.entries().size() > 1) {
                rule.problem("undoes", "stands alone; leave perUnit and atMost out");
            }
            return new Labels.Undo(String.valueOf(rule.entries().get("undoes")));
        }
        if (!rule.has("perUnit") || !rule.has("atMost")) {
            rule.problem("", "needs perUnit and atMost, like {perUnit: 0.01, atMost: 1}, or undoes");
        }
        return new Labels.Measure(positive(rule, "perUnit"), positive(rule, "atMost"));
    }

    private static double positive(YamlMap rule, String name) {
        return rule.number(name, 1, v -> v > 0 && v <= LARGEST, "above 0, at most 1000");
    }

    /** Values are no parts of a probability: nothing of them can be sampled, sent ahead or corrected. */
    static void checkValues(YamlMap model, Objective objective, Policies policies) {
        if (objective != Objective.SQUARED) {
            return;
        }
        if (policies.keepNegatives() < 1) {
            model.problem("policies.keepNegatives", "is for objective logistic; leave it out");
        }
        if (policies.delay() != Policies.Delay.WAIT) {
            model.problem("policies.delay", "immediate is for objective logistic; leave it out");
        }
        if (policies.late() == Policies.Late.CORRECT) {
            model.problem("policies.late", "correct is for objective logistic; leave it out");
        }
    }

    /** A negative that went out at once is weighed by the model's p, which must then be the label's mean. */
    static void checkImmediate(YamlMap model, Labels labels, Policies policies) {
        if (policies.delay() != Policies.Delay.IMMEDIATE) {
            return;
        }
        if (policies.absence() == Policies.Absence.DROP) {
            model.problem("policies.delay", "immediate sends negatives at once; it needs 'absence: negative'");
        }
        labels.rules().forEach((type, rule) -> {
            boolean beyond = rule instanceof Labels.Amount fixed
                    ? fixed.amount() < 0 || fixed.amount() > 1
                    : rule instanceof Labels.Measure measure && measure.atMost() > 1;
            if (beyond) {
                model.problem(
                        "labels." + type,
                        "'delay: immediate' takes labels in 0..1 only; make it at most 1, or use 'delay: wait'");
            }
        });
    }
}
