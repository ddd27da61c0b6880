package dev.millrace.ingest.spec;

import dev.millrace.ingest.id.FeatureIds;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One model: what it predicts, from what, and how it learns. Read with {@link SpecReader}, which validates it.
 *
 * @param learnsFrom the model whose impressions it learns from: itself, or the champion that it challenges or whose other
 *     objective it is
 * @param labels how actions become labels; of a model with heads, the first head's
 * @param rewardWindow event time after the impression in which actions count
 * @param realtime what people's actions keep up to date in profiles
 * @param optimizer of the wide part, whose weights every feature has
 * @param objective what it predicts; of a model with heads, what the first one does
 * @param network what there is beside it
 * @param heads several objectives over one network; usually none
 * @param explore how rankings depart from best first; of the fingerprint only whether rows carry what draws need
 * @param arm how it is compared with the model that it learns from; null: not at all
 * @param segment the requests that it is for; null: all
 */
public record ModelSpec(
        String model,
        String learnsFrom,
        Labels labels,
        Duration rewardWindow,
        List<Slot> slots,
        List<Cross> crosses,
        List<Realtime> realtime,
        Ftrl optimizer,
        Objective objective,
        Network network,
        Heads heads,
        Explore explore,
        @Nullable ArmSpec arm,
        @Nullable Segment segment,
        Policies policies) {
    public ModelSpec {
        slots = List.copyOf(slots);
        crosses = List.copyOf(crosses);
        realtime = List.copyOf(realtime);
    }

    /**
     * Names what weights mean: equal for specs that make equal feature ids and equal weights of equal rows, whatever
     * their labels, window or policies. A fossil in the tests: a changed form would refuse every existing data folder.
     */
    public long fingerprint() {
        StringBuilder text = new StringBuilder("1\n").append(model);
        appendVectors(text);
        for (double parameter : new double[] {optimizer.alpha(), optimizer.beta(), optimizer.l1(), optimizer.l2()}) {
            text.append("\nftrl ").append(Double.doubleToLongBits(parameter));
        }
        for (Realtime feature : realtime) {
            text.append("\nrealtime ").append(feature.definition());
            if (feature instanceof Decayed decayed && decayed.isRate()) {
                text.append(' ').append(Double.doubleToLongBits(decayed.prior()));
                text.append(' ').append(Double.doubleToLongBits(decayed.strength()));
            }
        }
        if (objective != Objective.LOGISTIC) {
            text.append("\nobjective ").append(objective);
        }
        if (!network.isLinear()) {
            network.describe(text);
        }
        heads.describe(text);
        if (explore.thompson() != null) {
            text.append("\nuncertain rows");
        }
        return FeatureIds.hash(text.toString(), 1);
    }

    /** Whether it learns from what another model showed. */
    public boolean learnsFromAnother() {
        return !learnsFrom.equals(model);
    }

    /** Floats of a row that serves: its weight; its embedding; or how much of it is known, where draws need that. */
    public int rowWidth() {
        return network.width() + (explore.thompson() == null ? 0 : 1);
    }

    /** Types of action that make a label. */
    public Set<String> actionTypes() {
        return heads.isEmpty() ? labels.rules().keySet() : heads.actionTypes();
    }

    /** Names what vectors mean: equal for specs that make equal vectors of equal attributes. */
    public long vectorFingerprint() {
        StringBuilder text = new StringBuilder("vectors 1");
        appendVectors(text);
        return FeatureIds.hash(text.toString(), 1);
    }

    private void appendVectors(StringBuilder text) {
        for (Slot slot : slots) {
            text.append("\nslot ").append(slot.name()).append(' ').append(slot.from());
            text.append(' ').append(slot.type()).append(' ').append(slot.transform());
            text.append(' ').append(slot.standardize());
            if (slot.crossedOnly()) {
                text.append(" crossed only");
            }
            slot.bins().forEach(bound -> text.append(' ').append(Double.doubleToLongBits(bound)));
        }
        crosses.forEach(cross -> text.append("\ncross ").append(cross.name()));
    }

    /** Attributes with the prefix ({@code item.}, {@code context.}, {@code user.}) that the model reads, sorted. */
    public Set<String> sources(String prefix) {
        return slots.stream()
                .map(Slot::from)
                .filter(from -> from.startsWith(prefix))
                .collect(Collectors.toCollection(TreeSet::new));
    }
}
