package dev.millrace.api.bus;

import dev.millrace.api.problem.Problem;
import dev.millrace.api.problem.ProblemException;
import dev.millrace.ingest.proto.ArmEvidence;
import dev.millrace.ingest.proto.DirectiveDone;
import dev.millrace.ingest.proto.GateReport;
import dev.millrace.ingest.proto.VersionEvent;
import dev.millrace.ingest.spec.ArmSpec.Role;
import dev.millrace.ps.serve.WeightServer;
import dev.millrace.ps.version.Directive;
import dev.millrace.ps.version.ModelVersion;
import dev.millrace.ps.version.RevisionConflict;
import dev.millrace.ps.version.Stretch;
import dev.millrace.ps.version.VersionBook;
import dev.millrace.ps.version.VersionDiff;
import dev.millrace.ps.version.VersionEvents;
import dev.millrace.ps.version.VersionEvents.Said;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** One model's versions, and what may be done with them; see {@link VersionBook}. Safe for many threads. */
public final class ModelBus {
    private static final Duration CAUGHT_UP = Duration.ofSeconds(2);

    private final BusParts parts;
    private final WeightServer weights;
    private final Supplier<Map<String, Double>> metrics;
    private final Clock clock;
    private final Duration effect;
    /** Told of each delta. */
    private final Object applied = new Object();

    /**
     * @param metrics quality now, by name, for the audit
     * @param effect longest wait until what was asked for is in effect
     */
    public ModelBus(
            BusParts parts, WeightServer weights, Supplier<Map<String, Double>> metrics, Clock clock, Duration effect) {
        this.parts = parts;
        this.weights = weights;
        this.metrics = metrics;
        this.clock = clock;
        this.effect = effect;
        weights.onApplied(version -> {
            synchronized (applied) {
                applied.notifyAll();
            }
        });
    }

    /**
     * Who asks, and why.
     *
     * @param expectedRevision the registry's revision that the caller has seen; −1: any
     */
    public record Asked(String who, String why, long expectedRevision) {}

    /** Times between which events are not learned. */
    public record Without(long fromMs, long toMs) {}

    /**
     * What came of it.
     *
     * @param inEffect whether the weights that serve are those that were asked for; learning may still catch up
     * @param sequence of the first version of the serving weights with it; 0 while not known
     * @param rows that changed
     */
    public record Effect(long revision, boolean inEffect, long sequence, long rows, long tookMs, String detail) {}

    /** @throws ProblemException when the registry cannot be read now */
    public VersionBook book() {
        try {
            if (!parts.log().awaitCaughtUp(CAUGHT_UP)) {
                throw new ProblemException(Problem.stale("the registry of versions is not read yet"));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ProblemException(Problem.stale("this server stops"));
        }
        return parts.log().book();
    }

    /**
     * A version by its number or one of its aliases.
     *
     * @throws ProblemException (not found)
     */
    public ModelVersion version(String name) {
        VersionBook book = book();
        Long number = book.aliases().get(name);
        if (number == null) {
            number = name.matches("\\d{1,18}") ? Long.parseLong(name) : -1L;
        }
        ModelVersion version = book.versions().get(number);
        if (version == null) {
            String known = book.versions().isEmpty()
                    ? "there is none yet"
                    : "give " + book.versions().firstKey() + ".."
                            + book.versions().lastKey() + ", or of "
                            + book.aliases().keySet();
            throw new ProblemException(
                    Problem.notFound("version", "there is no version or alias '" + name + "'", known));
        }
        return version;
    }

    /** Asks for a version of the weights as they are now; it comes within seconds. */
    public long make(Asked asked) throws InterruptedException {
        checkLearnedByOne();
        return append(VersionEvents.wanted(said(asked)));
    }

    /** Makes a name point at a version; {@code champion} also takes the serving weights there. */
    public Effect promote(String alias, String version, Asked asked) throws InterruptedException {
        checkLearnedByOne();
        ModelVersion target = version(version);
        if (alias.equals(VersionBook.CHAMPION)) {
            return direct(Directive.toVersion(target.number(), List.of()), asked);
        }
        long startNs = System.nanoTime();
        long offset = append(VersionEvents.alias(alias, target.number(), said(asked)));
        return new Effect(offset + 1, true, weights.version().sequence(), 0, sinceMs(startNs), "");
    }

    /** Nobody would carry out what is asked for. */
    private void checkLearnedByOne() {
        if (parts.remote()) {
            throw new ProblemException(Problem.caller(
                    409,
                    "Learned by remote shards",
                    "model",
                    "remote shards learn model '" + weights.spec().model()
                            + "' (millrace training-ps): they keep no versions, and can neither go back nor wait",
                    "learn it in one process (millrace serve) to have versions; to wait, stop its learners"));
        }
    }

    /** What part an arm takes from now on. @param share part of the people; 0: as it was */
    public Effect setArm(String arm, Role role, double share, Asked asked) throws InterruptedException {
        long startNs = System.nanoTime();
        long offset = append(VersionEvents.arm(arm, role, share, said(asked)));
        return new Effect(offset + 1, true, weights.version().sequence(), 0, sinceMs(startNs), "");
    }

    /** What comparing the arms has come to. */
    public void note(ArmEvidence evidence) throws InterruptedException {
        var unused = append(VersionEvents.evidence(evidence, Said.of(clock.millis(), "arms", "")));
    }

    /**
     * The serving weights become those of a version, of an alias's, or those of a time; learning goes on from there.
     *
     * @param to number, alias, or a time as {@link When} reads it
     * @param without events between these times are not learned again
     * @param hold whether learning waits there
     */
    public Effect rollback(String to, List<Without> without, boolean hold, Asked asked) throws InterruptedException {
        checkLearnedByOne();
        OptionalLong time = When.parse(to, clock.millis());
        boolean named = book().aliases().containsKey(to) || to.matches("\\d{1,18}");
        if (!named && time.isEmpty()) {
            throw new ProblemException(Problem.invalid(
                    "to",
                    "'" + to + "' is neither a version, nor an alias, nor a time",
                    "give a number, an alias, 20 minutes ago, or 2026-11-22T09:00:00Z"));
        }
        Directive directive;
        if (named) {
            ModelVersion version = version(to);
            directive = new Directive(0, version.number(), Map.of(), stretches(without), hold, version.offsets());
        } else {
            Map<Integer, Long> records = parts.times().at(time.getAsLong());
            directive = new Directive(0, 0, records, stretches(without), hold, hold ? records : Map.of());
        }
        return direct(directive, asked);
    }

    /** Learning waits where it stands. */
    public Effect hold(Asked asked) throws InterruptedException {
        return direct(Directive.holdHere(), asked);
    }

    /**
     * Learning goes on from where it stands, but for what happened between these times.
     *
     * @param skipSuspect whether what the gate suspects is left out too
     * @throws ProblemException when that goes on still, or the gate suspects nothing
     */
    public Effect resume(List<Without> without, boolean skipSuspect, Asked asked) throws InterruptedException {
        List<Stretch> stretches = new ArrayList<>(stretches(without));
        if (skipSuspect) {
            stretches.addAll(suspects(book().gate()));
        }
        return direct(Directive.goOn(stretches), asked);
    }

    private static List<Stretch> suspects(GateReport gate) {
        if (gate.getCleanFromCount() == 0) {
            throw new ProblemException(Problem.caller(
                    409,
                    "Not over",
                    "suspect",
                    gate.getFrozen()
                            ? "samples are not as before yet: where the suspected ones end is not known"
                            : "the gate suspects nothing",
                    gate.getFrozen() ? "wait for cleanFrom, or name times in without" : "leave suspect out"));
        }
        List<Stretch> stretches = new ArrayList<>();
        gate.getSuspectFromMap().forEach((partition, from) -> {
            Long to = gate.getCleanFromMap().get(partition);
            if (to != null && to > from) {
                stretches.add(new Stretch(partition, from, to));
            }
        });
        return stretches;
    }

    /** O(rows). @throws ProblemException (not found) when one of them, or its files, are not there */
    public VersionDiff diff(String from, String to) {
        try {
            return VersionDiff.of(parts.place(), weights.spec(), version(from), version(to))
                    .orElseThrow(() -> new ProblemException(Problem.notFound(
                            "version", "the files of a version are not there", "give versions that are listed")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private List<Stretch> stretches(List<Without> times) {
        List<Stretch> stretches = new ArrayList<>();
        for (Without time : times) {
            Map<Integer, Long> from = parts.times().at(time.fromMs());
            Map<Integer, Long> to = parts.times().at(time.toMs());
            from.forEach((partition, offset) -> {
                long end = to.getOrDefault(partition, offset);
                if (end > offset) {
                    stretches.add(new Stretch(partition, offset, end));
                }
            });
        }
        return stretches;
    }

    /** Gives a directive, and waits until it is in effect, or for as long as this may take. */
    public Effect direct(Directive directive, Asked asked) throws InterruptedException {
        checkLearnedByOne();
        long startNs = System.nanoTime();
        long revision = append(VersionEvents.directive(directive, said(asked))) + 1;
        if (!parts.log().await(book -> book.carriedOut(revision), effect)) {
            return new Effect(revision, false, 0, 0, sinceMs(startNs), "the learner has not carried it out yet");
        }
        DirectiveDone done = parts.log().book().done().orElse(DirectiveDone.getDefaultInstance());
        if (!done.getFailure().isEmpty()) {
            return new Effect(revision, false, 0, 0, sinceMs(startNs), done.getFailure());
        }
        boolean serves = awaitServed(done.getSequence(), effect.minusMillis(sinceMs(startNs)));
        return new Effect(revision, serves, done.getSequence(), done.getRows(), sinceMs(startNs), "");
    }

    private boolean awaitServed(long sequence, Duration atMost) throws InterruptedException {
        long deadlineNs = System.nanoTime() + atMost.toNanos();
        synchronized (applied) {
            while (weights.version().sequence() < sequence) {
                long leftNs = deadlineNs - System.nanoTime();
                if (leftNs <= 0) {
                    return false;
                }
                TimeUnit.NANOSECONDS.timedWait(applied, leftNs);
            }
            return true;
        }
    }

    private long append(VersionEvent event) throws InterruptedException {
        try {
            return parts.log().append(event);
        } catch (RevisionConflict e) {
            throw new ProblemException(Problem.caller(
                    412,
                    "Changed meanwhile",
                    "If-Match",
                    "the registry is at revision " + e.revision(),
                    "look again, and send If-Match: \"" + e.revision() + "\""));
        } catch (IllegalStateException e) {
            throw new ProblemException(Problem.stale("the registry of versions: " + e.getMessage()));
        }
    }

    private Said said(Asked asked) {
        return new Said(clock.millis(), asked.who(), asked.why(), metrics.get(), asked.expectedRevision());
    }

    private static long sinceMs(long startNs) {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNs);
    }
}
