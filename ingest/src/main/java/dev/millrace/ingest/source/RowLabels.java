package dev.millrace.ingest.source;

import dev.millrace.ingest.spec.Heads;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.Objective;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** What a row says of each of its model's heads, or of its one objective; NaN: nothing. One thread. */
final class RowLabels {
    private static final float[] NO_MORE = {};

    private final List<Objective> objectives = new ArrayList<>();
    /** Of each head: what its action types are worth. */
    private final List<Map<String, Double>> actions = new ArrayList<>();

    private final float[] labels;
    private final int heads;

    RowLabels(ModelSpec spec) {
        heads = spec.heads().count();
        for (Heads.Head head : spec.heads().all()) {
            objectives.add(head.objective());
            actions.add(head.labels().fixed());
        }
        if (heads == 0) {
            objectives.add(spec.objective());
            actions.add(spec.labels().fixed());
        }
        labels = new float[objectives.size()];
    }

    void begin() {
        Arrays.fill(labels, Float.NaN);
    }

    /** A number, of a head or, where a column is of none, of the first. */
    void number(ColumnRoles.Column column, float value) throws RowProblem {
        number(column.name(), Math.max(0, column.head()), value);
    }

    void number(String column, int head, float value) throws RowProblem {
        boolean logistic = objectives.get(head) == Objective.LOGISTIC;
        boolean valid = logistic ? value >= 0 && value <= 1 : Math.abs(value) <= Float.MAX_VALUE;
        if (!valid) {
            throw RowProblem.of(
                    column, String.valueOf(value), "is no label; " + (logistic ? "between 0 and 1" : "a number"));
        }
        labels[head] = value;
    }

    /** An action type: a label of the column's head, or of every head that knows it. */
    void action(ColumnRoles.Column column, String type) throws RowProblem {
        boolean known = false;
        for (int head = 0; head < labels.length; head++) {
            Double value = actions.get(head).get(type);
            if (value != null && (column.head() < 0 || column.head() == head)) {
                number(column.name(), head, value.floatValue());
                known = true;
            }
        }
        if (!known) {
            throw RowProblem.of(column.name(), type, "is no label; a number or one of " + types(column.head()));
        }
    }

    private String types(int ofHead) {
        TreeSet<String> types = new TreeSet<>();
        for (int head = 0; head < labels.length; head++) {
            if (ofHead < 0 || ofHead == head) {
                types.addAll(actions.get(head).keySet());
            }
        }
        return String.join(", ", types);
    }

    /** Whether the row says anything. */
    boolean isSaid() {
        for (float label : labels) {
            if (!Float.isNaN(label)) {
                return true;
            }
        }
        return false;
    }

    /** Of the first head, or of the one objective; 0 where nothing is said. */
    float first() {
        return Float.isNaN(labels[0]) ? 0 : labels[0];
    }

    float firstWeight(float weight) {
        return Float.isNaN(labels[0]) ? 0 : weight;
    }

    /** Label, weight, no served score of each head after the first, as a block takes them. */
    float[] more(float weight) {
        if (heads == 0) {
            return NO_MORE;
        }
        float[] more = new float[3 * (heads - 1)];
        for (int head = 1; head < heads; head++) {
            boolean said = !Float.isNaN(labels[head]);
            int at = 3 * (head - 1);
            more[at] = said ? labels[head] : 0;
            more[at + 1] = said ? weight : 0;
            more[at + 2] = Float.NaN;
        }
        return more;
    }
}
