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
        return of(ofModel(model), ofRequest(requestId), ofItem(item), revision);
    }

    /** The same from hashes: {@link #ofModel}, {@link #ofRequest}, {@link #ofItem}. */
    public static long of(long model, long request, long item, int revision) {
        return FeatureIds.cross(FeatureIds.cross(FeatureIds.cross(model, request), item), revision);
    }

    /** Id of a sample that is known by nothing but the place where it stands in a file. */
    public static long ofPlace(long model, long file, long position) {
        return FeatureIds.cross(FeatureIds.cross(model, file), position);
    }

    public static long ofModel(String model) {
        return FeatureIds.hash(model, SEED);
    }

    public static long ofItem(String item) {
        return FeatureIds.hash(item, SEED);
    }

    /** Of an item's name, UTF-8 at {@code from..to-1}. */
    public static long ofItem(byte[] utf8, int from, int to) {
        return FeatureIds.hash(utf8, from, to, SEED);
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

    /** The same of UTF-8 at {@code from..to-1}. */
    public static long ofRequest(byte[] utf8, int from, int to) {
        return FeatureIds.hash(utf8, from, to, SEED);
    }
}
