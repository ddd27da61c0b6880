package dev.millrace.learner.bus;

import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.learner.training.Course;
import dev.millrace.learner.training.TrainingShard;
import dev.millrace.ps.snapshot.Snapshot;
import dev.millrace.ps.snapshot.SnapshotPlace;
import dev.millrace.ps.snapshot.SnapshotStore;
import dev.millrace.ps.version.Directive;
import dev.millrace.ps.version.ModelVersion;
import dev.millrace.ps.version.Stretch;
import dev.millrace.ps.version.VersionBook;
import java.io.IOException;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Carries a directive out, as a snapshot at the sequence where the delta log stands: whoever opens it learns on from
 * there, and publishes first, as absolute rows, what the weights before had otherwise. So every kind of serving follows
 * without knowing of it, and a crash on either side of the snapshot leaves a state that was.
 */
public final class TurnBack {
    private final ModelSpec spec;
    private final SnapshotPlace place;
    private final int recentIds;

    public TurnBack(ModelSpec spec, SnapshotPlace place, int recentIds) {
        this.spec = spec;
        this.place = place;
        this.recentIds = recentIds;
    }

    /**
     * What became of it.
     *
     * @param rows that travel
     * @param failure why it could not be carried out, and nothing changed; empty when it was
     * @param offsets records of each samples partition that the weights now include
     */
    public record Outcome(long rows, String failure, Map<Integer, Long> offsets) {}

    /**
     * @param now the shard that is left; what it learned since its last delta is dropped where the directive restores
     *     others, and there is nothing such where it does not
     * @param published sequence of its last delta
     * @param deltaOffset where that stands
     * @param store of the shard's snapshots, written by nobody else meanwhile
     */
    public Outcome carryOut(
            Directive directive,
            VersionBook book,
            TrainingShard now,
            long published,
            long deltaOffset,
            SnapshotStore store)
            throws IOException {
        Course course = now.course().after(directive);
        if (!directive.restores()) {
            now.course(course);
            try (Snapshot snapshot = now.snapshot(deltaOffset)) {
                store.write(snapshot);
            }
            return new Outcome(0, "", now.state().offsets());
        }
        TrainingShard restored;
        try (Snapshot found = find(directive, book, course, store)) {
            if (found == null && directive.version() > 0) {
                now.course(course);
                return new Outcome(0, "neither a version nor a snapshot is left that has these weights", Map.of());
            }
            // Before the first snapshot there was nothing.
            restored = found == null ? TrainingShard.empty(spec, recentIds) : TrainingShard.of(spec, found, recentIds);
        }
        restored.course(course);
        restored.state().goOnFrom(published);
        long[] differing =
                TableDifference.keys(now.state().table(), restored.state().table());
        SortedSet<Integer> partitions = new TreeSet<>(now.state().offsets().keySet());
        partitions.addAll(restored.state().offsets().keySet());
        restored.state().forgetOpen();
        try (Snapshot snapshot = restored.snapshotInPlaceOf(
                deltaOffset,
                differing,
                partitions.stream().mapToLong(Integer::longValue).toArray())) {
            store.write(snapshot);
        }
        return new Outcome(differing.length, "", restored.state().offsets());
    }

    private @Nullable Snapshot find(Directive directive, VersionBook book, Course course, SnapshotStore store)
            throws IOException {
        if (directive.version() > 0) {
            return version(directive.version()).orElse(null);
        }
        Predicate<Snapshot.Header> early = header -> within(header.sampleOffsets(), directive.backTo());
        Snapshot own = newest(store, early, course);
        List<ModelVersion> versions = book.versions().values().stream()
                // One made elsewhere is no point of the line that served, though it was learned from the same records.
                .filter(version ->
                        !version.origin().equals(ModelVersion.BATCH) && within(version.offsets(), directive.backTo()))
                .sorted(Comparator.comparingLong(ModelVersion::samples).reversed())
                .toList();
        for (ModelVersion version : versions) {
            if (own != null && own.header().samples() >= version.samples()) {
                return own;
            }
            Snapshot kept = version(version.number()).orElse(null);
            if (kept != null && isFree(kept, course)) {
                if (own != null) {
                    own.close();
                }
                return kept;
            }
            if (kept != null) {
                kept.close();
            }
        }
        return own;
    }

    private Optional<Snapshot> version(long number) throws IOException {
        try (SnapshotStore kept = place.version(number)) {
            return kept.newest();
        }
    }

    private static @Nullable Snapshot newest(SnapshotStore store, Predicate<Snapshot.Header> wanted, Course course)
            throws IOException {
        long before = Long.MAX_VALUE;
        while (true) {
            long below = before;
            Snapshot found = store.newest(header -> header.sequence() < below && wanted.test(header))
                    .orElse(null);
            if (found == null || isFree(found, course)) {
                return found;
            }
            before = found.header().sequence();
            found.close();
        }
    }

    /** Whether it has learned nothing of what is to be left out. */
    private static boolean isFree(Snapshot snapshot, Course course) {
        List<Stretch> leftOut = Course.of(snapshot.extras()).without();
        return course.without().stream()
                .allMatch(stretch -> leftOut.contains(stretch)
                        || snapshot.header().sampleOffsets().getOrDefault(stretch.partition(), 0L) <= stretch.from());
    }

    private static boolean within(Map<Integer, Long> offsets, Map<Integer, Long> bound) {
        return offsets.entrySet().stream()
                .allMatch(at -> at.getValue() <= bound.getOrDefault(at.getKey(), Long.MAX_VALUE));
    }
}
