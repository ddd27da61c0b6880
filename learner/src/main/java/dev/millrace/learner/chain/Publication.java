package dev.millrace.learner.chain;

import dev.millrace.ingest.proto.ChainOrder;
import dev.millrace.ingest.proto.DirectiveDone;
import dev.millrace.ps.version.Directive;
import dev.millrace.ps.version.ModelVersion;
import dev.millrace.ps.version.VersionBook;
import dev.millrace.ps.version.VersionEvents;
import dev.millrace.ps.version.VersionEvents.Said;
import dev.millrace.ps.version.VersionLog;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;

/** Makes weights a version, once for each run, and gives it its alias; {@code champion} takes serving and learning there. */
public final class Publication {
    private static final Duration LOOK = Duration.ofMillis(20);

    private final VersionLog log;
    private final LongSupplier serving;
    private final Duration patience;
    private final Clock clock;

    /**
     * @param serving sequence of the last delta in the weights that serve
     * @param patience longest wait for the keeper of versions, for the learner, and for serving
     */
    public Publication(VersionLog log, LongSupplier serving, Duration patience, Clock clock) {
        this.log = log;
        this.serving = serving;
        this.patience = patience;
        this.clock = clock;
    }

    /**
     * Returns when it is in effect. The same again makes no second version, and gives no second directive.
     *
     * @param snapshots with the weights
     * @throws IOException saying what was not done
     */
    public ModelVersion publish(ChainOrder order, Path snapshots, Map<String, Double> metrics)
            throws IOException, InterruptedException {
        if (!log.awaitCaughtUp(patience)) {
            throw new IOException("the registry of versions is not read yet");
        }
        Said said = new Said(
                clock.millis(),
                order.getWho(),
                "chain " + order.getChain() + ", run " + order.getRun()
                        + (order.getWhy().isEmpty() ? "" : ": " + order.getWhy()),
                metrics,
                Said.ANY);
        ModelVersion version = version(order.getRun(), snapshots, said);
        String alias = order.getPublish();
        if (alias.equals(VersionBook.CHAMPION)) {
            promote(version, said);
        } else if (!alias.isEmpty() && log.book().aliases().getOrDefault(alias, 0L) != version.number()) {
            var unused = log.append(VersionEvents.alias(alias, version.number(), said));
        }
        return version;
    }

    private ModelVersion version(String run, Path snapshots, Said said) throws IOException, InterruptedException {
        Optional<ModelVersion> made = log.book().ofRun(run);
        if (made.isPresent()) {
            return made.get();
        }
        var unused = log.append(VersionEvents.offered(run, snapshots.toString(), said));
        boolean answered = log.await(
                book -> book.offers().stream().noneMatch(offer -> offer.run().equals(run)), patience);
        if (!answered) {
            throw new IOException("the keeper of versions made none within " + patience);
        }
        return log.book().ofRun(run).orElseThrow(() -> new IOException("no version was made: " + lastWords()));
    }

    private String lastWords() {
        var audit = log.book().audit();
        return audit.isEmpty() ? "" : audit.getLast().what();
    }

    private void promote(ModelVersion version, Said said) throws IOException, InterruptedException {
        VersionBook book = log.book();
        long revision = book.directive().revision();
        if (book.directive().version() != version.number()) {
            revision = log.append(VersionEvents.directive(Directive.toVersion(version.number(), List.of()), said)) + 1;
        }
        long given = revision;
        if (!log.await(known -> known.carriedOut(given), patience)) {
            throw new IOException("the learner has not carried directive " + given + " out within " + patience);
        }
        DirectiveDone done = log.book().done().orElse(DirectiveDone.getDefaultInstance());
        if (done.getDirective() == given && !done.getFailure().isEmpty()) {
            throw new IOException("version " + version.number() + " could not be served: " + done.getFailure());
        }
        long deadlineNs = System.nanoTime() + patience.toNanos();
        while (serving.getAsLong() < done.getSequence()) {
            if (System.nanoTime() > deadlineNs) {
                throw new IOException("version " + version.number() + " does not serve within " + patience);
            }
            Thread.sleep(LOOK);
        }
    }
}
