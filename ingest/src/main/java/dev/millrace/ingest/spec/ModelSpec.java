package dev.millrace.ingest.spec;

import dev.millrace.ingest.id.FeatureIds;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * One model: what it predicts, from what, and how it learns. Read with {@link SpecReader}, which validates it.
 *
 * @param labels action type to label in [0, 1]; the first labelled action of a shown item settles it
 * @param rewardWindow event time after the impression in which actions count
 */
public record ModelSpec(
        String model,
        Map<String, Double> labels,
        Duration rewardWindow,
        List<Slot> slots,
        List<Cross> crosses,
        Ftrl optimizer,
        Policies policies) {
    public ModelSpec {
        labels = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(labels));
        slots = List.copyOf(slots);
        crosses = List.copyOf(crosses);
    }

    /** Names what weights mean: equal for specs that make equal feature ids, whatever their optimizer or labels. */
    public long fingerprint() {
        String slotText = slots.stream().map(Slot::toString).collect(Collectors.joining("\n"));
        String crossText = crosses.stream().map(Cross::name).collect(Collectors.joining("\n"));
        return FeatureIds.hash(model + "\n" + slotText + "\n--\n" + crossText, 1);
    }

    /** Attributes with the prefix ({@code item.}, {@code context.}, {@code user.}) that the model reads, sorted. */
    public Set<String> sources(String prefix) {
        return slots.stream()
                .map(Slot::from)
                .filter(from -> from.startsWith(prefix))
                .collect(Collectors.toCollection(TreeSet::new));
    }
}
