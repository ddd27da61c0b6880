package dev.millrace.ps.version;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What learning shall go on with. Whoever learns carries the newest one out, once, and remembers in its snapshots that it
 * did.
 *
 * @param revision of the registry with it: its offset on the topic
 * @param version whose weights; 0: those that are there, or those of {@code backTo}
 * @param backTo weights as they were before these records of the samples were learned; empty: not back
 * @param without records that are not learned, beside those that were left out before
 * @param hold whether learning waits
 * @param holdAt the first records that are not learned while it waits; a partition that is missing waits where it stands
 */
public record Directive(
        long revision,
        long version,
        Map<Integer, Long> backTo,
        List<Stretch> without,
        boolean hold,
        Map<Integer, Long> holdAt) {
    /** Before anybody said anything: learn. */
    public static final Directive LEARN = new Directive(0, 0, Map.of(), List.of(), false, Map.of());

    public Directive {
        backTo = java.util.Collections.unmodifiableMap(new TreeMap<>(backTo));
        without = List.copyOf(without);
        holdAt = java.util.Collections.unmodifiableMap(new TreeMap<>(holdAt));
    }

    /** Weights of a version, learning goes on from there. */
    public static Directive toVersion(long version, List<Stretch> without) {
        return new Directive(0, version, Map.of(), without, false, Map.of());
    }

    /** Learning goes on from where it stands. */
    public static Directive goOn(List<Stretch> without) {
        return new Directive(0, 0, Map.of(), without, false, Map.of());
    }

    /** Back to before some records, and wait there. */
    public static Directive holdBefore(Map<Integer, Long> records) {
        return new Directive(0, 0, records, List.of(), true, records);
    }

    /** Wait where it stands. */
    public static Directive holdHere() {
        return new Directive(0, 0, Map.of(), List.of(), true, Map.of());
    }

    /** Whether other weights than those that are there shall serve. */
    public boolean restores() {
        return version > 0 || !backTo.isEmpty();
    }
}
