package dev.millrace.api.monitor.window;

import dev.millrace.api.monitor.quality.Quality;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;

/**
 * The windows of the whole log: sums of the partitions whose tasks run in this process, and what other processes have
 * committed of theirs. Safe for many threads.
 *
 * <pre>
 *  field   written by             a partition stands in one of them, or is not known
 *  here    the stream thread      tasks that run
 *  others  it, and the follower   whole changelogs; a task that ran here until its changelog was read
 * </pre>
 */
public final class Windows {
    /** The part that is the whole traffic. */
    public static final String ALL = BucketKey.ALL;

    /** Dead letters whose model nobody knows stand for every model. */
    private static final String NOBODY = "";

    private static final long KEPT_MS = 2_000;

    private final Map<Integer, TaskWindows> here = new ConcurrentHashMap<>();
    private final Map<Integer, PartitionSums> others = new ConcurrentHashMap<>();
    private final LongAdder skipped = new LongAdder();
    private final VersionNumbers versions;
    private final int allPartitions;
    private final Clock clock;
    private final ConcurrentHashMap<String, Kept<WindowSummary>> summaries = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<String, Kept<WindowView.Drift>> drifts = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<String, Kept<Quality>> minutes = new ConcurrentHashMap<>();

    private record Kept<T>(long untilMs, T value) {}

    /** @param allPartitions whose sums make the whole; 0: none are kept here */
    public Windows(VersionNumbers versions, int allPartitions, Clock clock) {
        this.allPartitions = allPartitions;
        this.versions = versions;
        this.clock = clock;
    }

    VersionNumbers versions() {
        return versions;
    }

    void add(int partition, TaskWindows task) {
        here.put(partition, task);
        others.remove(partition);
    }

    void remove(int partition, TaskWindows task) {
        // Until what another process keeps of it is read.
        others.put(partition, task);
        here.remove(partition, task);
    }

    boolean isHere(int partition) {
        return here.containsKey(partition);
    }

    /** What another process keeps of a partition, which is not here. */
    void follow(int partition, PeerSums sums) {
        if (!isHere(partition)) {
            others.put(partition, sums);
        }
    }

    private List<PartitionSums> known() {
        Map<Integer, PartitionSums> known = new TreeMap<>(others);
        known.putAll(here);
        return List.copyOf(known.values());
    }

    void skipped() {
        skipped.increment();
    }

    /** How many records could not be read, and were passed over. */
    public long skippedRecords() {
        return skipped.sum();
    }

    /** Of how many partitions the sums are known here. */
    int partitions() {
        return known().size();
    }

    int allPartitions() {
        return allPartitions;
    }

    /** Whether windows are kept here at all. */
    public boolean kept() {
        return allPartitions > 0;
    }

    /** The sums of the window that ends now. */
    public WindowSums sums(String model, String part, Length length) {
        return sums(model, part, length, clock.millis());
    }

    WindowSums sums(String model, String part, Length length, long nowMs) {
        WindowSums sums = new WindowSums();
        known().forEach(task -> {
            task.read(model, part, length, nowMs, sums);
            if (part.equals(BucketKey.ALL)) {
                task.read(NOBODY, part, length, nowMs, sums);
            }
        });
        return sums;
    }

    /** The sums of each bucket of the window that ends now, by its start. */
    Map<Long, WindowSums> buckets(String model, String part, Length length, long nowMs) {
        Map<Long, WindowSums> buckets = new TreeMap<>();
        List<PartitionSums> partitions = known();
        for (long start = length.from(nowMs); start <= nowMs; start += length.bucketMs()) {
            WindowSums sums = new WindowSums();
            BucketKey key = new BucketKey(model, part, length, start);
            partitions.forEach(partition -> partition.readBucket(key, sums));
            buckets.put(start, sums);
        }
        return buckets;
    }

    /** The parts of the model's traffic that the window that ends now has anything of. */
    public Set<String> parts(String model, Length length) {
        Set<String> parts = new TreeSet<>();
        parts.add(BucketKey.ALL);
        long fromMs = length.from(clock.millis());
        known().forEach(task -> task.parts(model, length, fromMs, parts));
        return parts;
    }

    /** What is answered of a window. */
    public WindowView view(String model, String part, Length length, boolean series) {
        return WindowViews.of(this, model, part, length, series, clock.millis());
    }

    /** The few numbers of a window. */
    public WindowSummary summary(String model, String part, Length length) {
        return WindowViews.summary(this, model, part, length, clock.millis());
    }

    /** Those of the whole traffic that stand in every frame, by length; at most {@value #KEPT_MS} ms old. */
    public Map<String, WindowSummary> summaries(String model) {
        Map<String, WindowSummary> all = new LinkedHashMap<>();
        for (Length length : Length.FRAMED) {
            String key = model + ' ' + length.label();
            all.put(
                    length.label(),
                    kept(summaries, key, length.bucketMs(), () -> summary(model, BucketKey.ALL, length)));
        }
        return all;
    }

    /** The few numbers of a part's last minute; at most {@value #KEPT_MS} ms old. */
    WindowSummary lastMinute(String model, String part) {
        String key = model + ' ' + part + " part";
        return kept(summaries, key, Length.MINUTE.bucketMs(), () -> summary(model, part, Length.MINUTE));
    }

    /** At most {@value #KEPT_MS} ms old. */
    WindowView.Drift lastMinutesDrift(String model) {
        return kept(
                drifts,
                model,
                Length.MINUTE.bucketMs(),
                () -> WindowViews.drift(
                        this, model, Length.MINUTE, sums(model, BucketKey.ALL, Length.MINUTE), clock.millis()));
    }

    /** Quality of the last minute; at most {@value #KEPT_MS} ms old. */
    public Quality minute(String model) {
        return kept(
                minutes,
                model,
                0,
                () -> sums(model, BucketKey.ALL, Length.MINUTE).quality().quality());
    }

    /** Long windows are looked at less often: they hardly move. */
    private <T> T kept(ConcurrentHashMap<String, Kept<T>> in, String key, long bucketMs, Supplier<T> make) {
        long nowMs = clock.millis();
        return Objects.requireNonNull(in.compute(
                        key,
                        (k, known) -> known != null && nowMs < known.untilMs && nowMs > known.untilMs - KEPT_MS - 1
                                ? known
                                : new Kept<>(nowMs + Math.clamp(bucketMs / 10, KEPT_MS / 4, KEPT_MS), make.get())))
                .value;
    }
}
