package dev.millrace.join.oracle;

import dev.millrace.ingest.id.SampleIds;
import dev.millrace.ingest.proto.Impression;
import dev.millrace.ingest.spec.Labels;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.Policies;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/** One item's label for one model: everything is worked out anew from the whole list of deeds, each time. */
final class ItemOracle {
    /** An action that counts; its stamp says whether it is late. */
    record Deed(String type, double value, long stampMs, long timeMs, long hash) {}

    private final Oracle.Window window;
    private final ModelSpec spec;
    private final Impression impression;
    private final String item;
    private final List<Deed> deeds = new ArrayList<>();
    private int revision;

    ItemOracle(Oracle.Window window, Impression impression, String item) {
        this.window = window;
        this.spec = window.spec();
        this.impression = impression;
        this.item = item;
    }

    private boolean immediate() {
        return spec.policies().delay() == Policies.Delay.IMMEDIATE;
    }

    private boolean isLate(Deed deed) {
        return deed.stampMs() > window.endMs();
    }

    private boolean counts(Deed deed) {
        return spec.labels().rules().containsKey(deed.type())
                && (!isLate(deed)
                        || (spec.policies().late() == Policies.Late.CORRECT && deed.stampMs() <= window.lateEndMs()));
    }

    String verdict(Deed deed) {
        if (!counts(deed)) {
            return "LATE";
        }
        List<Deed> before = ordered(isLate(deed) || immediate());
        List<Deed> after = new ArrayList<>(before);
        after.add(deed);
        // Equal lists of what is left: it changes nothing.
        if (left(after).equals(left(before))) {
            return spec.labels().rules().get(deed.type()) instanceof Labels.Undo ? "UNDO_WITHOUT" : "DUPLICATE";
        }
        return "COUNTS";
    }

    void keep(Deed deed) {
        deeds.add(deed);
    }

    /** Those that count, in the order in which they do. */
    private List<Deed> ordered(boolean late) {
        Stream<Deed> all = deeds.stream().filter(this::counts);
        if (immediate()) {
            return all.toList();
        }
        List<Deed> ordered = new ArrayList<>(all.filter(d -> !isLate(d)).toList());
        if (late) {
            deeds.stream().filter(d -> counts(d) && isLate(d)).forEach(ordered::add);
        }
        return ordered;
    }

    /** What is left of them: without those that were too much, and those that were taken back. */
    private List<Deed> left(List<Deed> all) {
        List<Deed> left = new ArrayList<>();
        boolean settled = false;
        for (Deed deed : all) {
            if (settled && !isLate(deed)) {
                continue;
            }
            if (spec.labels().rules().get(deed.type()) instanceof Labels.Undo undo) {
                List<Deed> undone =
                        left.stream().filter(d -> d.type().equals(undo.type())).toList();
                if (!undone.isEmpty()) {
                    left.remove(left.lastIndexOf(undone.get(undone.size() - 1)));
                }
            } else if (aggregate() != Labels.Aggregate.FIRST || left.isEmpty()) {
                left.add(deed);
                settled = !immediate() && (aggregate() == Labels.Aggregate.FIRST || isMost(left));
            }
        }
        return left;
    }

    private Labels.Aggregate aggregate() {
        return spec.labels().aggregate();
    }

    private boolean isMost(List<Deed> left) {
        double most = spec.labels().rules().values().stream()
                .mapToDouble(rule -> rule instanceof Labels.Amount a
                        ? a.amount()
                        : rule instanceof Labels.Measure m ? m.atMost() : Double.NEGATIVE_INFINITY)
                .max()
                .orElseThrow();
        boolean undo = spec.labels().rules().values().stream().anyMatch(Labels.Undo.class::isInstance);
        return aggregate() == Labels.Aggregate.MAX && !undo && amount(left) >= most;
    }

    private double amount(Deed deed) {
        Labels.Rule rule = spec.labels().rules().get(deed.type());
        if (rule instanceof Labels.Measure m) {
            return Math.min(m.atMost(), deed.value() * m.perUnit());
        }
        return ((Labels.Amount) Objects.requireNonNull(rule)).amount();
    }

    private double amount(List<Deed> left) {
        var amounts = left.stream().mapToDouble(this::amount);
        return aggregate() == Labels.Aggregate.SUM
                ? amounts.sum()
                : amounts.max().orElse(0);
    }

    void samples(Map<Long, String> out) {
        if (immediate()) {
            immediateSamples(out);
        } else {
            List<Deed> sure = ordered(false);
            List<Deed> left = left(sure);
            boolean negative = spec.policies().absence() == Policies.Absence.NEGATIVE;
            if (!left.isEmpty()) {
                double amount = amount(left);
                Deed by = aggregate() == Labels.Aggregate.MAX
                        ? left.stream()
                                .filter(d -> amount(d) == amount)
                                .findFirst()
                                .orElseThrow()
                        : left.get(left.size() - 1);
                sample(out, amount, 1, by.hash(), by.timeMs());
            } else if (negative) {
                sample(out, 0, 1, 0, window.endMs());
            }
            corrections(out, sure, negative);
        }
    }

    private void corrections(Map<Long, String> out, List<Deed> sure, boolean negative) {
        List<Deed> all = ordered(true);
        for (int n = sure.size(); n < all.size(); n++) {
            List<Deed> before = left(all.subList(0, n));
            List<Deed> after = left(all.subList(0, n + 1));
            boolean was = negative || !before.isEmpty();
            boolean is = negative || !after.isEmpty();
            Deed by = all.get(n);
            if (was && is && sameWorth(amount(before), amount(after))) {
                continue;
            }
            if (was) {
                sample(out, amount(before), -1, is ? 0 : by.hash(), by.timeMs());
            }
            if (is && !after.equals(before)) {
                sample(out, amount(after), 1, by.hash(), by.timeMs());
            }
        }
    }

    /** Equal label and equal weight. */
    private static boolean sameWorth(double a, double b) {
        return within(a) == within(b) && Math.max(1, Math.abs(a)) == Math.max(1, Math.abs(b));
    }

    private static double within(double amount) {
        return Math.max(0, Math.min(1, amount));
    }

    private void immediateSamples(Map<Long, String> out) {
        sample(out, 0, 1, 0, impression.getTimeMs());
        List<Deed> all = ordered(true);
        for (int n = 0; n < all.size(); n++) {
            double more = within(amount(left(all.subList(0, n + 1)))) - within(amount(left(all.subList(0, n))));
            if (more != 0) {
                Deed by = all.get(n);
                put(out, 1, more, by.hash(), by.timeMs());
            }
        }
    }

    /** Of an amount: its label, how often it counts, thinned as negatives are. */
    private void sample(Map<Long, String> out, double amount, int sign, long hash, long timeMs) {
        double rate = spec.policies().keepNegatives();
        double label = within(amount);
        double weight = Math.max(1, Math.abs(amount));
        if (label == 0 && !Expected.isKept(spec.model(), impression.getRequestId(), item, rate)) {
            revision++;
            return;
        }
        if (label > 0 && label < 1) {
            double positive = label * weight;
            double negative = (1 - label) * weight * rate;
            label = positive / (positive + negative);
            weight = positive + negative;
        }
        put(out, label, sign * weight, hash, timeMs);
    }

    private void put(Map<Long, String> out, double label, double weight, long hash, long timeMs) {
        String line = Expected.sample(
                spec.model(),
                (float) label,
                (float) weight,
                (float) spec.policies().keepNegatives(),
                immediate(),
                hash,
                timeMs);
        long id = SampleIds.of(spec.model(), impression.getRequestId(), item, revision++);
        if (out.putIfAbsent(id, line) != null) {
            throw new IllegalStateException("two samples of one id");
        }
    }
}
