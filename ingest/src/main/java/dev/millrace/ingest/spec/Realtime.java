package dev.millrace.ingest.spec;

import dev.millrace.ingest.id.FeatureIds;
import java.util.List;
import java.util.Set;

/** What people's actions keep up to date in profiles, a moment after they happen, as attributes that slots may read. */
public sealed interface Realtime permits LastItems, Decayed {
    /** Unique in the spec; its attributes' names begin with it. */
    String name();

    /** Types of action that change it. */
    Set<String> actions();

    /** Full names ({@code item.ctr_1h}) of the attributes that it makes. */
    List<String> attributes();

    /** Whether what is shown changes it too. */
    default boolean countsShown() {
        return false;
    }

    /** All that its stored state depends on: state of another definition is not read. */
    String definition();

    /** Names the stored state. */
    default long definitionId() {
        return FeatureIds.hash(definition(), 2);
    }
}
