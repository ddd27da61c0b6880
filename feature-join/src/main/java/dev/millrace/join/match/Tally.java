package dev.millrace.join.match;

import dev.millrace.ingest.spec.Labels;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The label of one item for one model, folded from its deeds: those of the reward window in the order of the log, then
 * the late ones. A deed that changes nothing is refused. One thread.
 */
final class Tally {
    private final MatchRules rules;
    private final List<Deed> counted = new ArrayList<>(2);
    /** The label went out before the window's end: what comes within the window is too much. */
    private boolean settled;

    Tally(MatchRules rules) {
        this.rules = rules;
    }

    /**
     * Of an item's deeds so far. Where corrections follow each deed at once, late ones stand in their place in the log.
     *
     * @param late whether those after the window count too
     */
    static Tally of(MatchRules rules, List<Deed> deeds, int item, Track track, boolean late) {
        Tally tally = new Tally(rules);
        if (rules.immediate()) {
            tally.addAll(deeds, item, deed -> track.takes(deed, rules, track.isLate(deed)), false);
            return tally;
        }
        tally.addAll(deeds, item, deed -> track.takes(deed, rules, false), false);
        if (late) {
            tally.addAll(deeds, item, deed -> track.takes(deed, rules, true), true);
        }
        return tally;
    }

    private void addAll(List<Deed> deeds, int item, Predicate<Deed> which, boolean late) {
        for (Deed deed : deeds) {
            if (deed.item() == item && rules.knows(deed.type()) && which.test(deed)) {
                add(deed, late);
            }
        }
    }

    /** False: it changes nothing. */
    boolean add(Deed deed, boolean late) {
        if (settled && !late) {
            return false;
        }
        if (rules.labels().rules().get(deed.type()) instanceof Labels.Undo undo) {
            return takeBack(undo.type());
        }
        boolean first = rules.labels().aggregate() == Labels.Aggregate.FIRST;
        if (first && !counted.isEmpty()) {
            return false;
        }
        counted.add(deed);
        settled = !rules.immediate() && (first || cannotGrow());
        return true;
    }

    private boolean takeBack(String type) {
        for (int i = counted.size() - 1; i >= 0; i--) {
            if (counted.get(i).type().equals(type)) {
                counted.remove(i);
                return true;
            }
        }
        return false;
    }

    private boolean cannotGrow() {
        Labels labels = rules.labels();
        return labels.aggregate() == Labels.Aggregate.MAX && !labels.hasUndo() && amount() >= labels.most();
    }

    /** Whether the label is final although the window is open. */
    boolean isSettled() {
        return settled;
    }

    boolean isEmpty() {
        return counted.isEmpty();
    }

    /** 0 without deeds. */
    double amount() {
        if (counted.isEmpty()) {
            return 0;
        }
        boolean sum = rules.labels().aggregate() == Labels.Aggregate.SUM;
        double amount = sum ? 0 : Double.NEGATIVE_INFINITY;
        for (Deed deed : counted) {
            double its = amount(deed);
            amount = sum ? amount + its : Math.max(amount, its);
        }
        return amount;
    }

    private double amount(Deed deed) {
        return rules.labels().amount(deed.type(), deed.value());
    }

    /** The deed that made the label what it is: of a maximum the first that reached it, else the last; null: none. */
    @Nullable
    Deed decisive() {
        if (rules.labels().aggregate() == Labels.Aggregate.MAX) {
            double amount = amount();
            for (Deed deed : counted) {
                if (amount(deed) == amount) {
                    return deed;
                }
            }
        }
        return counted.isEmpty() ? null : counted.get(counted.size() - 1);
    }
}
