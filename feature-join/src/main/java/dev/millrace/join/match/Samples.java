package dev.millrace.join.match;

import dev.millrace.ingest.feature.EncodedImpression;
import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.id.SampleIds;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The samples that one event makes of one request, model by model, until they are sent. One thread.
 *
 * <p>A negative is kept by a hash of its item's sample id: the same one after every restart, and whether a sample that is
 * taken back had been kept is known without remembering it.
 */
final class Samples {
    private static final long SEED = 0x6B656570L;

    private final Shown shown;
    private final Map<String, List<Label>> labels = new LinkedHashMap<>();
    private @Nullable EncodedImpression impression;

    Samples(Shown shown, @Nullable EncodedImpression impression) {
        this.shown = shown;
        this.impression = impression;
    }

    /** The negative of an absence, as the item's first sample. Those of several heads are one. */
    void absent(MatchRules rules, Track track, int item, long timeMs) {
        List<Label> its = labels.getOrDefault(rules.model(), List.of());
        for (int i = 0; rules.head() > 0 && i < its.size(); i++) {
            Label other = its.get(i);
            if (other.item() == item && !other.byAction()) {
                var unused = track.next(item);
                its.set(i, other.with(rules.head()));
                return;
            }
        }
        add(rules, track, item, rules.worth(0), 1, null, timeMs);
    }

    void settled(MatchRules rules, Track track, int item, Tally tally) {
        Deed by = tally.decisive();
        if (by != null) {
            add(rules, track, item, rules.worth(tally.amount()), 1, by, by.timeMs());
        }
    }

    /** After a negative at once: the part of a positive that has come since, or that was taken back. */
    void increment(MatchRules rules, Track track, Deed by, double before, double after) {
        double more = Worth.of(after).label() - Worth.of(before).label();
        if (more != 0) {
            add(rules, track, by.item(), new Worth(1, Math.abs(more)), more > 0 ? 1 : -1, by, by.timeMs());
        }
    }

    /** Takes back what went out, if anything did, and sends what holds now, if anything does. */
    void corrected(MatchRules rules, Track track, Deed by, @Nullable Worth before, @Nullable Worth after) {
        if (before != null && before.equals(after)) {
            return;
        }
        if (before != null) {
            add(rules, track, by.item(), before, -1, after == null ? by : null, by.timeMs());
        }
        if (after != null) {
            add(rules, track, by.item(), after, 1, by, by.timeMs());
        }
    }

    private void add(MatchRules rules, Track track, int item, Worth worth, int sign, @Nullable Deed by, long timeMs) {
        int revision = track.next(item);
        if (worth.isNegative() && !keeps(rules, item)) {
            return;
        }
        Worth thinned = worth.thinned(rules.keepRate());
        labels.computeIfAbsent(rules.model(), model -> new ArrayList<>())
                .add(new Label(
                        item,
                        1 << rules.head(),
                        (float) thinned.label(),
                        (float) (sign * thinned.weight()),
                        (float) rules.keepRate(),
                        rules.immediate(),
                        revision,
                        by == null ? Label.NO_ACTION : by.hash(),
                        timeMs));
    }

    private boolean keeps(MatchRules rules, int item) {
        if (rules.keepRate() >= 1) {
            return true;
        }
        EncodedImpression its = impression();
        long id = SampleIds.of(
                SampleIds.ofModel(rules.model()), SampleIds.ofRequest(its.requestId()), its.sampleItemHash(item), 0);
        return keeps(id, rules.keepRate());
    }

    /** @param sampleId of the item's first sample */
    static boolean keeps(long sampleId, double keepRate) {
        return (FeatureIds.hash(sampleId, SEED) >>> 11) * 0x1p-53 < keepRate;
    }

    private EncodedImpression impression() {
        EncodedImpression its = impression;
        if (its == null) {
            byte[] bytes = shown.impression();
            its = EncodedImpression.trusted(bytes, 0, bytes.length);
            impression = its;
        }
        return its;
    }

    void send(MatchOutput out) {
        labels.forEach((model, its) -> out.labels(impression(), model, its));
    }
}
