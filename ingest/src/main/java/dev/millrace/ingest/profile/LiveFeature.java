package dev.millrace.ingest.profile;

import dev.millrace.ingest.spec.Decayed;
import dev.millrace.ingest.spec.Realtime;
import java.util.List;

/**
 * A real-time feature with what is looked up for every event and every item.
 *
 * @param id of its stored state
 * @param attributes that it makes
 */
public record LiveFeature<F extends Realtime>(F feature, long id, List<String> attributes) {
    static <F extends Realtime> LiveFeature<F> of(F feature) {
        return new LiveFeature<>(feature, feature.definitionId(), feature.attributes());
    }

    /** Whether an event of this type, or {@link Decayed#SHOWN}, changes it. */
    public boolean changedBy(String type) {
        return feature.actions().contains(type)
                || (feature instanceof Decayed decayed && decayed.per().contains(type));
    }
}
