package dev.millrace.api.monitor.window;

import dev.millrace.api.monitor.quality.QualityStats;
import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.Objective;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The sums of one partition's task. What comes is added to seconds; whole seconds are added to the buckets of every
 * length when somebody looks or a commit comes. Guarded by its own lock.
 *
 * <pre>
 *  key of the state                          value
 *  b \n model \n part \n length \n start     {@link WindowSums}
 *  s \n topic or model \n number             chunk of {@link SeenIds}
 *  o \n model[#head] \n number               chunk of {@link OpenRequests}
 * </pre>
 */
final class TaskWindows implements PartitionSums {
    static final String BUCKETS = "b";
    private static final String SEEN = "s";
    private static final String OPEN = "o";
    private static final String LETTERS = "\u0000letters";
    private static final Length BASE = Length.TEN_SECONDS;
    private static final int MOST_PENDING = 512;
    private static final String OLDER = "version=older";

    /** Of each model. */
    private static final class OfModel {
        final Segments segments;
        final OpenRequests open;
        final SeenIds seen;
        final HeadParts heads;
        final boolean values;
        /** Newest versions that have parts of their own. */
        final NavigableSet<Long> versions = new TreeSet<>();

        OfModel(ModelSpec spec, Segments segments, Function<String, OpenRequests> open, SeenIds seen) {
            this.segments = segments;
            this.open = open.apply(BucketKey.ALL);
            this.seen = seen;
            heads = new HeadParts(spec, open);
            values = spec.objective() == Objective.SQUARED;
        }
    }

    private final WindowConfig config;
    private final VersionNumbers versions;
    private final Map<String, OfModel> models = new TreeMap<>();
    private final SeenIds letters;
    private final Map<BucketKey, WindowSums> pending = new HashMap<>();
    private final Map<BucketKey, WindowSums> buckets = new HashMap<>();
    private final Set<BucketKey> changed = new HashSet<>();
    private final Set<BucketKey> gone = new HashSet<>();
    private long latestMs;

    TaskWindows(WindowModels of, WindowConfig config, VersionNumbers versions) {
        this.config = config;
        this.versions = versions;
        letters = new SeenIds(config.seenIds());
        of.specs().forEach(spec -> {
            String model = spec.model();
            long holdMs = spec.rewardWindow().plus(config.slack()).toMillis();
            Function<String, OpenRequests> open = part -> new OpenRequests(
                    holdMs,
                    config.openRequests(),
                    (timeMs, auc) -> at(model, part, timeMs).quality.addImpression(auc));
            models.put(model, new OfModel(spec, of.segments(model), open, new SeenIds(config.seenIds())));
        });
    }

    private WindowSums at(String model, String part, long timeMs) {
        BucketKey key = new BucketKey(model, part, BASE, BASE.bucket(timeMs));
        WindowSums sums = pending.get(key);
        if (sums == null) {
            sums = new WindowSums();
            pending.put(key, sums);
        }
        latestMs = Math.max(latestMs, timeMs);
        return sums;
    }

    /** Adds the block's samples that are new. */
    synchronized void samples(String model, SampleBlock block) {
        OfModel of = Objects.requireNonNull(models.get(model), model);
        long latest = block.header().joinedMs();
        String[] parts = new String[2 + of.segments.size()];
        parts[0] = BucketKey.ALL;
        long version = Long.MIN_VALUE;
        for (int i = 0; i < block.size(); i++) {
            if (block.isCanary(i)) {
                continue;
            }
            long timeMs = Math.min(block.eventTimeMs(i), latest);
            if (!of.seen.isNew(block.sampleId(i))) {
                outcome(model, Outcome.REPEATED, timeMs);
                continue;
            }
            if (block.modelVersion(i) != version) {
                version = block.modelVersion(i);
                parts[1] = versionPart(of, versions.of(model, version));
            }
            sample(model, of, block, i, parts, timeMs);
        }
        of.open.expire(block.header().watermarkMs());
        of.heads.expire(block.header().watermarkMs());
        if (pending.size() > MOST_PENDING) {
            roll();
        }
    }

    private String versionPart(OfModel of, long number) {
        of.versions.add(number);
        if (of.versions.size() > config.versions()) {
            of.versions.pollFirst();
        }
        return of.versions.contains(number) ? "version=" + number : OLDER;
    }

    private void sample(String model, OfModel of, SampleBlock block, int i, String[] parts, long timeMs) {
        of.heads.all().forEach(head -> add(model, head, block, i, timeMs));
        if (block.weight(i) == 0) {
            // It is of other heads than the first, which the whole and its other parts are of.
            outcome(model, block.actionHash(i) == 0 ? Outcome.ABSENT : Outcome.LABELLED, timeMs);
            return;
        }
        int n = of.segments.of(block, i, parts, 2);
        float label = block.label(i);
        // One that stands on the log was kept; others like it were not.
        add(model, of, block, i, parts, n, label, block.weight(i), 1 / block.keepRate(i), timeMs);
        if (block.hasFakeNegatives(i) && label > 0) {
            // What was sent as a negative at once is none; here it is known which, kept or not.
            add(model, of, block, i, parts, n, 0, -block.weight(i), 1, timeMs);
        }
        Outcome outcome =
                block.weight(i) < 0 ? Outcome.CORRECTED : block.actionHash(i) == 0 ? Outcome.ABSENT : Outcome.LABELLED;
        outcome(model, outcome, timeMs);
    }

    @SuppressWarnings("TooManyParameters")
    private void add(
            String model,
            OfModel of,
            SampleBlock block,
            int i,
            String[] parts,
            int n,
            float label,
            float weight,
            float negatives,
            long timeMs) {
        float score = block.servedScore(i);
        if (Float.isNaN(score)) {
            // Another model answered, and this one was not asked.
            return;
        }
        if (of.values) {
            for (int part = 0; part < n; part++) {
                at(model, parts[part], timeMs).quality.addValue(score, label, weight);
            }
            return;
        }
        double positive = (double) weight * label;
        double negative = (double) weight * (1 - label) * negatives;
        float share = (float) (positive / (positive + negative));
        for (int part = 0; part < n; part++) {
            at(model, parts[part], timeMs).quality.add(score, share, positive + negative);
        }
        of.open.add(timeMs, block.requestHash(i), score, QualityStats.isPositive(label), weight > 0);
    }

    /** What a sample says of a head, if it does, and if the head was asked when it was served. */
    private void add(String model, HeadParts.HeadPart head, SampleBlock block, int i, long timeMs) {
        int h = head.index();
        if (h >= block.heads() || block.weight(i, h) == 0 || Float.isNaN(block.servedScore(i, h))) {
            return;
        }
        float score = block.servedScore(i, h);
        float label = block.label(i, h);
        QualityStats quality = at(model, head.name(), timeMs).quality;
        if (head.values()) {
            quality.addValue(score, label, block.weight(i, h));
        } else {
            quality.add(score, label, block.weight(i, h));
            boolean positive = QualityStats.isPositive(label);
            head.open().add(timeMs, block.requestHash(i), score, positive, block.weight(i, h) > 0);
        }
    }

    /** Counts a dead letter once. @param id null: nothing tells it from another */
    synchronized void letter(String model, Outcome outcome, @Nullable Long id, long timeMs) {
        if (id == null || letters.isNew(id)) {
            outcome(model, outcome, timeMs);
        }
    }

    private void outcome(String model, Outcome outcome, long timeMs) {
        at(model, BucketKey.ALL, timeMs).outcomes[outcome.ordinal()]++;
    }

    /** Adds what an impression says of drift. */
    synchronized void impression(String model, long timeMs, Drift drift) {
        drift.addTo(at(model, BucketKey.ALL, timeMs));
    }

    /** Adds the seconds to the buckets of every length, and forgets the buckets that no window reaches any more. */
    private void roll() {
        pending.forEach((second, sums) -> {
            for (Length length : Length.values()) {
                if (second.startMs() >= length.from(latestMs)) {
                    BucketKey key =
                            new BucketKey(second.model(), second.part(), length, length.bucket(second.startMs()));
                    buckets.computeIfAbsent(key, k -> new WindowSums()).merge(sums);
                    changed.add(key);
                }
            }
        });
        pending.clear();
        buckets.keySet().removeIf(key -> {
            boolean old = key.startMs() < key.length().from(latestMs);
            if (old) {
                changed.remove(key);
                gone.add(key);
            }
            return old;
        });
    }

    /** Tells what changed since the last time; null: it is gone. */
    synchronized void flush(BiConsumer<byte[], byte @Nullable []> changes) {
        roll();
        gone.forEach(key -> changes.accept(key.toBytes(), null));
        gone.clear();
        changed.forEach(key -> changes.accept(
                key.toBytes(), Objects.requireNonNull(buckets.get(key)).toBytes()));
        changed.clear();
        models.forEach((model, of) -> {
            of.seen.flush((number, value) -> changes.accept(key(SEEN, model, number), value));
            of.open.flush((number, value) -> changes.accept(key(OPEN, model, number), value));
            of.heads
                    .all()
                    .forEach(head -> head.open()
                            .flush((number, value) ->
                                    changes.accept(key(OPEN, HeadParts.key(model, head), number), value)));
        });
        letters.flush((number, value) -> changes.accept(key(SEEN, LETTERS, number), value));
    }

    private static byte[] key(String kind, String of, long number) {
        return (kind + "\n" + of + "\n" + number).getBytes(StandardCharsets.UTF_8);
    }

    /** One that {@link #flush} told. What belongs to a model that is not served any more is left out. */
    synchronized void restore(byte[] key, byte[] value) {
        String[] fields = new String(key, StandardCharsets.UTF_8).split("\n", -1);
        if (fields[0].equals(BUCKETS)) {
            BucketKey bucket = BucketKey.of(fields);
            buckets.put(bucket, WindowSums.of(value));
            latestMs = Math.max(latestMs, bucket.startMs());
            restoreVersion(bucket);
        } else if (fields[1].equals(LETTERS)) {
            letters.restore(Long.parseLong(fields[2]), value);
        } else {
            OfModel of = models.get(HeadParts.model(fields[1]));
            if (of != null && fields[0].equals(SEEN)) {
                of.seen.restore(Long.parseLong(fields[2]), value);
            } else if (of != null) {
                OpenRequests open = of.heads.open(fields[1], of.open);
                if (open != null) {
                    open.restore(Long.parseLong(fields[2]), value);
                }
            }
        }
    }

    private void restoreVersion(BucketKey bucket) {
        OfModel of = models.get(bucket.model());
        if (of != null && bucket.part().matches("version=\\d+")) {
            versionPart(of, Long.parseLong(bucket.part().substring("version=".length())));
        }
    }

    @Override
    public synchronized void read(String model, String part, Length length, long nowMs, WindowSums out) {
        PartitionSums.super.read(model, part, length, nowMs, out);
    }

    @Override
    public synchronized void readBucket(BucketKey key, WindowSums out) {
        roll();
        WindowSums sums = buckets.get(key);
        if (sums != null) {
            out.merge(sums);
        }
    }

    @Override
    public synchronized void parts(String model, Length length, long fromMs, Set<String> out) {
        roll();
        buckets.keySet().forEach(key -> {
            if (key.isOf(model, length, fromMs)) {
                out.add(key.part());
            }
        });
    }
}
