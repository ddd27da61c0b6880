package dev.millrace.learner.training;

import dev.millrace.ps.snapshot.Extras;
import dev.millrace.ps.version.Directive;
import dev.millrace.ps.version.Stretch;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * What a shard was told to learn, kept in its snapshots: a batch that is learned again leaves out what it left out.
 *
 * @param revision of the last directive that was carried out; 0: none
 * @param without records that are not learned
 */
public record Course(long revision, List<Stretch> without) {
    public static final Course START = new Course(0, List.of());

    /** How far the learner had read the registry: what was asked for before, the snapshot answers. One number. */
    public static final String REGISTRY_SEEN = "registry-seen";

    /** What the shard's watch has to know again. */
    static final String WATCH = "watch";
    /** Keys of rows that travel with the first delta after the snapshot. */
    static final String SEND_ANEW = "send-anew";
    /** Partitions of the samples of which that delta says where they stand. */
    static final String PARTITIONS = "send-partitions";

    private static final String SECTION = "course";
    private static final int LONGS_A_STRETCH = 3;

    public Course {
        without = List.copyOf(without);
    }

    /** This, after a directive. */
    public Course after(Directive directive) {
        Set<Stretch> all = new LinkedHashSet<>(without);
        all.addAll(directive.without());
        return new Course(directive.revision(), List.copyOf(all));
    }

    public boolean leavesOut(int partition, long offset) {
        return !without.isEmpty() && Stretch.contain(without, partition, offset);
    }

    /** The one in a snapshot. */
    public static Course of(Extras extras) {
        long[] longs = extras.longs(SECTION);
        if (longs.length == 0) {
            return START;
        }
        List<Stretch> without = new ArrayList<>();
        for (int at = 1; at + LONGS_A_STRETCH <= longs.length; at += LONGS_A_STRETCH) {
            without.add(new Stretch((int) longs[at], longs[at + 1], longs[at + 2]));
        }
        return new Course(longs[0], without);
    }

    Extras into(Extras extras) {
        if (equals(START)) {
            return extras;
        }
        long[] longs = new long[1 + LONGS_A_STRETCH * without.size()];
        longs[0] = revision;
        int at = 1;
        for (Stretch stretch : without) {
            longs[at++] = stretch.partition();
            longs[at++] = stretch.from();
            longs[at++] = stretch.to();
        }
        return extras.withLongs(SECTION, longs);
    }
}
