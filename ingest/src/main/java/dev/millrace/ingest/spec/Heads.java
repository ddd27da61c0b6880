package dev.millrace.ingest.spec;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Objectives that one model learns side by side from the same impressions: embeddings and layers are theirs together, an
 * output is each one's own. Its loss is Σ weight·loss over the heads that a sample has a label of.
 *
 * @param all in the spec's order, the first of them what is monitored; empty: a model of one objective
 * @param score what ranks, made of the heads' predictions
 */
public record Heads(List<Head> all, ScoreFormula score) {
    /** Of one sample, at most. */
    public static final int MAX = 16;

    public static final Heads NONE = new Heads(List.of(), ScoreFormula.first());

    /**
     * @param objective what it predicts
     * @param labels which actions are its label; each action may count for several heads
     * @param weight of its loss, &gt; 0
     * @param absence what becomes of an item without any of them when the window ends
     */
    public record Head(String name, Objective objective, Labels labels, double weight, Policies.Absence absence) {}

    public Heads {
        all = List.copyOf(all);
    }

    public boolean isEmpty() {
        return all.isEmpty();
    }

    /** 0 of a model of one objective, which has no heads. */
    public int count() {
        return all.size();
    }

    /** Labels of a sample: at least one. */
    public int labels() {
        return Math.max(1, all.size());
    }

    public List<String> names() {
        return all.stream().map(Head::name).toList();
    }

    /** Types of action that are a label of any head. */
    Set<String> actionTypes() {
        Set<String> types = new LinkedHashSet<>();
        all.forEach(head -> types.addAll(head.labels().rules().keySet()));
        return types;
    }

    /** All that changes what weights mean: the score's formula does not. */
    void describe(StringBuilder text) {
        for (Head head : all) {
            text.append("\nhead ").append(head.name()).append(' ').append(head.objective());
            text.append(' ').append(Double.doubleToLongBits(head.weight()));
        }
    }
}
