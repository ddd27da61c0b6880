package dev.millrace.learner.bus;

import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.learner.training.Course;
import dev.millrace.ps.snapshot.Snapshot;
import dev.millrace.ps.snapshot.SnapshotPlace;
import dev.millrace.ps.snapshot.SnapshotStore;
import dev.millrace.ps.version.ModelVersion;
import dev.millrace.ps.version.Offer;
import dev.millrace.ps.version.VersionBook;
import dev.millrace.ps.version.VersionEvents;
import dev.millrace.ps.version.VersionEvents.Said;
import dev.millrace.ps.version.VersionLog;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes versions of the learner's newest snapshots, now and then and when asked to, and of weights that were made
 * elsewhere and offered; deletes old ones. A model has one
 * keeper. A thread of its own; a version's files stand before the registry names it.
 */
public final class VersionKeeper implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(VersionKeeper.class);
    private static final Duration LOOK = Duration.ofMillis(500);
    private static final Duration AGAIN = Duration.ofSeconds(5);
    private static final Duration ANSWER = Duration.ofSeconds(15);
    private static final Duration BETWEEN = Duration.ofMillis(100);
    private static final Duration CLOSE = Duration.ofSeconds(10);

    /**
     * @param every how often a version is made while something is learned
     * @param keep how many of the newest stay; one that has an alias stays too
     */
    public record Config(Duration every, int keep) {
        public static final Config DEFAULT = new Config(Duration.ofMinutes(5), 48);

        public Config {
            if (!every.isPositive() || keep < 2) {
                throw new IllegalArgumentException(
                        "versions: every " + every + " keep " + keep + "; a time longer than zero, and at least 2");
            }
        }
    }

    private final Config config;
    private final ModelSpec spec;
    private final SnapshotPlace place;
    private final VersionLog log;
    private final Clock clock;
    private final Thread thread;
    private volatile boolean closing;
    private long nextNs;

    private VersionKeeper(Config config, ModelSpec spec, SnapshotPlace place, VersionLog log, Clock clock) {
        this.config = config;
        this.spec = spec;
        this.place = place;
        this.log = log;
        this.clock = clock;
        nextNs = System.nanoTime() + config.every().toNanos();
        thread = Thread.ofPlatform()
                .name("version-keeper-" + spec.model())
                .daemon()
                .unstarted(this::run);
    }

    /** @param place of the model's snapshots, and of its versions */
    public static VersionKeeper start(Config config, ModelSpec spec, SnapshotPlace place, VersionLog log, Clock clock) {
        VersionKeeper keeper = new VersionKeeper(config, spec, place, log, clock);
        keeper.thread.start();
        return keeper;
    }

    private void run() {
        try {
            while (!closing && !log.awaitCaughtUp(LOOK)) {
                LOG.debug("model {}: waiting for its registry", spec.model());
            }
            while (!closing) {
                look();
            }
        } catch (InterruptedException e) {
            LOG.debug("no more versions of {}", spec.model(), e);
        }
    }

    private void look() throws InterruptedException {
        try {
            VersionBook book = log.book();
            if (!book.offers().isEmpty()) {
                adopt(book, book.offers().getFirst());
            } else if (book.wanted() >= 0) {
                make(book, "request");
            } else if (System.nanoTime() - nextNs >= 0) {
                nextNs = System.nanoTime() + config.every().toNanos();
                if (!book.directive().hold()) {
                    make(book, "schedule");
                }
            }
            retire(log.book());
            var unused = log.await(
                    known -> closing || known.wanted() >= 0 || !known.offers().isEmpty(), LOOK);
        } catch (IOException | RuntimeException e) {
            LOG.error("model {}: its versions could not be kept; trying again", spec.model(), e);
            var unused = log.await(known -> closing, AGAIN);
        }
    }

    private void make(VersionBook book, String origin) throws IOException, InterruptedException {
        long number = book.nextNumber();
        Optional<Snapshot.Header> copied;
        awaitAnswer(book.wanted());
        try (SnapshotStore from = place.store(0, 1, 1);
                SnapshotStore to = place.version(number)) {
            // What a crash before the registry named it has left.
            to.deleteAll();
            copied = from.copyNewest(to);
        }
        Snapshot.Header header = copied.orElse(null);
        if (header == null || header.specFingerprint() != spec.fingerprint()) {
            // Soon: the learner has not written its first one.
            var unused = log.await(known -> closing, AGAIN);
            return;
        }
        boolean nothingNew = book.newest()
                .filter(newest -> newest.sequence() == header.sequence())
                .isPresent();
        if (nothingNew && origin.equals("schedule")) {
            return;
        }
        Said said = Said.of(clock.millis(), "keeper", "");
        name(version(number, header, parent(book), origin, "", said), said);
    }

    /** Makes a version of weights that were made elsewhere; says so when there is none. */
    private void adopt(VersionBook book, Offer offer) throws IOException, InterruptedException {
        long number = book.nextNumber();
        Said said = new Said(clock.millis(), offer.who(), offer.why(), offer.metrics(), Said.ANY);
        Optional<Snapshot.Header> copied;
        try (SnapshotStore from = SnapshotPlace.folder(Path.of(offer.place())).store(0, 1, 1);
                SnapshotStore to = place.version(number)) {
            to.deleteAll();
            copied = from.copyNewest(to);
        } catch (IOException | IllegalArgumentException e) {
            LOG.error("model {}: no version of {}", spec.model(), offer.run(), e);
            copied = Optional.empty();
        }
        Snapshot.Header header = copied.orElse(null);
        if (header == null || header.specFingerprint() != spec.fingerprint()) {
            String failure = header == null
                    ? "no whole snapshot in " + offer.place()
                    : "its snapshot is of another spec than the model's";
            var unused = log.append(VersionEvents.declined(offer.run(), failure, said));
            return;
        }
        name(version(number, header, 0, ModelVersion.BATCH, offer.run(), said), said);
    }

    private ModelVersion version(
            long number, Snapshot.Header header, long parent, String origin, String run, Said said) {
        return new ModelVersion(
                number,
                said.timeMs(),
                header.specFingerprint(),
                header.sequence(),
                header.sampleOffsets(),
                header.samples(),
                header.duplicateSamples(),
                header.watermarks().values().stream()
                        .mapToLong(Long::longValue)
                        .min()
                        .orElse(0),
                header.rowCount(),
                parent,
                origin,
                run,
                said.who(),
                said.why(),
                said.metrics());
    }

    private void name(ModelVersion version, Said said) throws InterruptedException {
        long offset = log.append(VersionEvents.made(version, said));
        LOG.info(
                "model {}: version {} made at {}, {} samples",
                spec.model(),
                version.number(),
                offset,
                version.samples());
    }

    /** Until the newest snapshot is one that the learner began after it was asked; or as it is, when none comes. */
    private void awaitAnswer(long wanted) throws IOException, InterruptedException {
        long deadlineNs = System.nanoTime() + ANSWER.toNanos();
        boolean answered = false;
        while (!closing && !answered && System.nanoTime() < deadlineNs) {
            try (SnapshotStore store = place.store(0, 1, 1);
                    Snapshot newest = store.newest().orElse(null)) {
                long[] seen = newest == null ? new long[0] : newest.extras().longs(Course.REGISTRY_SEEN);
                answered = wanted < 0 || (seen.length == 1 && seen[0] > wanted);
            }
            if (!answered) {
                var unused = log.await(known -> closing, BETWEEN);
            }
        }
    }

    /** The one before on its line: the champion where the line went back to it since, else the one before. */
    private static long parent(VersionBook book) {
        long newest = book.versions().values().stream()
                .filter(version -> !version.origin().equals(ModelVersion.BATCH))
                .mapToLong(ModelVersion::number)
                .max()
                .orElse(0);
        long champion = book.aliases().getOrDefault(VersionBook.CHAMPION, 0L);
        boolean wentBack = book.directive().version() > 0
                && book.versions().values().stream().noneMatch(v -> v.number() > champion && v.parent() >= champion);
        return wentBack ? champion : newest;
    }

    private void retire(VersionBook book) throws IOException, InterruptedException {
        SortedSet<Long> kept = new TreeSet<>(book.aliases().values());
        List<Long> newestFirst = List.copyOf(new TreeSet<>(book.versions().keySet()).descendingSet());
        kept.addAll(newestFirst.subList(0, Math.min(config.keep(), newestFirst.size())));
        for (long number : newestFirst) {
            if (!kept.contains(number)) {
                var unused = log.append(
                        VersionEvents.retired(number, Said.of(clock.millis(), "keeper", "more than " + config.keep())));
                log.forget(number);
                try (SnapshotStore files = place.version(number)) {
                    files.deleteAll();
                }
            }
        }
    }

    @Override
    public void close() {
        closing = true;
        try {
            if (!thread.join(CLOSE)) {
                LOG.warn("the keeper of {} did not stop in {}", spec.model(), CLOSE);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
