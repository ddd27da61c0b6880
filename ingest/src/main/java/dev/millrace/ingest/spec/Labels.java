package dev.millrace.ingest.spec;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How the actions on a shown item become its label. Each is worth an amount; the item's amounts make one, which is the
 * label within 0..1 and, beyond, how many samples it counts for: 5 is a positive that counts five times, 0 a negative, −3
 * a negative that counts three times.
 *
 * @param rules of each action type; other types make no label
 * @param aggregate how the amounts of several actions on one item make one
 */
public record Labels(Map<String, Rule> rules, Aggregate aggregate) {
    /** Of the amounts of one item, in the order of the log. */
    public enum Aggregate {
        /** The first one settles it at once. */
        FIRST,
        /** The largest, known when the reward window ends, or when it cannot grow any more. */
        MAX,
        /** Their sum, known when the reward window ends. */
        SUM
    }

    /** What an action of one type is worth. */
    public sealed interface Rule permits Amount, Measure, Undo {}

    /** Always the same. */
    public record Amount(double amount) implements Rule {}

    /**
     * The action's own value (watch seconds, a price) times {@code perUnit}, within 0..{@code atMost}.
     *
     * @param perUnit above 0
     * @param atMost above 0
     */
    public record Measure(double perUnit, double atMost) implements Rule {}

    /** Takes back the latest action of another type on the item: an un-like. */
    public record Undo(String type) implements Rule {}

    public Labels {
        rules = Collections.unmodifiableMap(new LinkedHashMap<>(rules));
    }

    /**
     * What an action is worth.
     *
     * @throws IllegalArgumentException when its type has no amount
     */
    public double amount(String type, double value) {
        Rule rule = rules.get(type);
        if (rule instanceof Amount fixed) {
            return fixed.amount();
        }
        if (rule instanceof Measure measure) {
            double amount = value * measure.perUnit();
            // Also where the value is no number.
            return amount > 0 ? Math.min(amount, measure.atMost()) : 0;
        }
        throw new IllegalArgumentException("action type '" + type + "' has no amount");
    }

    /** What no action is worth more than. */
    public double most() {
        double most = Double.NEGATIVE_INFINITY;
        for (Rule rule : rules.values()) {
            if (rule instanceof Amount fixed) {
                most = Math.max(most, fixed.amount());
            } else if (rule instanceof Measure measure) {
                most = Math.max(most, measure.atMost());
            }
        }
        return most;
    }

    public boolean hasUndo() {
        return rules.values().stream().anyMatch(Undo.class::isInstance);
    }

    /** Each type that always makes the same label, with that label in 0..1. */
    public Map<String, Double> fixed() {
        Map<String, Double> fixed = new LinkedHashMap<>();
        rules.forEach((type, rule) -> {
            if (rule instanceof Amount a) {
                fixed.put(type, Math.max(0, Math.min(1, a.amount())));
            }
        });
        return fixed;
    }
}
