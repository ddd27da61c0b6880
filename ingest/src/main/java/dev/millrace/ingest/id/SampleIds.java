package dev.millrace.ingest.id;

/**
 * Ids that let every stage recognize what it has seen. 64-bit hashes: among n ids the chance that any two collide is
 * about n²/2⁶⁵ (1M ids in a window: 3·10⁻⁸).
 */
public final class SampleIds {
    private static final long SEED = 0x6D696C6C72616365L;

    private SampleIds() {}

    /**
     * Id of a sample, stable over restarts and re-sending, whatever its label.
     *
     * @param revision 0 for the first label of an item; a correction counts up and is a sample of its own
     */
    public static long of(String model, String requestId, String item, int revision) {
        long h = FeatureIds.cross(FeatureIds.hash(model, SEED), FeatureIds.hash(requestId, SEED));
        return FeatureIds.cross(FeatureIds.cross(h, FeatureIds.hash(item, SEED)), revision);
    }

    /** Short form of an action id, by which its trace is found; never 0, which means "no action". */
    public static long ofAction(String actionId) {
        long h = FeatureIds.hash(actionId, SEED);
        return h == 0 ? 1 : h;
    }

    /** Short form of a request id, by which its samples are grouped. */
    public static long ofRequest(String requestId) {
        return FeatureIds.hash(requestId, SEED);
    }
}
