package dev.millrace.api.arm;

import dev.millrace.api.bus.Buses;
import dev.millrace.api.bus.ModelBus;
import dev.millrace.api.bus.ModelBus.Asked;
import dev.millrace.api.problem.ProblemException;
import dev.millrace.ingest.proto.ArmEvidence;
import dev.millrace.ingest.spec.ArmSpec.Role;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes an arm the champion when its rule says so: enough samples, better by the sequential test, and no alarm open. The
 * registry decides between servers: a promotion is for the revision that was looked at. Writes what comparing has come to
 * into it, so that a restart goes on from there. A thread of its own looks once a second.
 */
public final class ArmRule implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ArmRule.class);
    private static final Duration LOOK = Duration.ofSeconds(1);
    private static final Duration CLOSE = Duration.ofSeconds(5);

    private final Families families;
    private final ArmBoards boards;
    private final Buses buses;
    private final Supplier<Set<String>> alarmed;
    private final Duration keep;
    private final Clock clock;
    private final Thread thread;
    private final Map<String, Kept> kept = new HashMap<>();

    /** When a family's evidence was last written, and what it was. */
    private record Kept(long atMs, ArmEvidence evidence) {}

    /**
     * @param alarmed models with an open alarm
     * @param keep how often evidence is written
     */
    public ArmRule(
            Families families,
            ArmBoards boards,
            Buses buses,
            Supplier<Set<String>> alarmed,
            Duration keep,
            Clock clock) {
        this.families = families;
        this.boards = boards;
        this.buses = buses;
        this.alarmed = alarmed;
        this.keep = keep;
        this.clock = clock;
        thread = Thread.ofVirtual().name("arm-rule").unstarted(this::run);
    }

    /** Begins to look, on a thread of its own. */
    public ArmRule start() {
        thread.start();
        return this;
    }

    /** Arms with a rule, that are compared. */
    static int rivals(Plan plan) {
        return (int) plan.arms().stream()
                .filter(arm -> arm.rule() != null && isIn(arm))
                .count();
    }

    private static boolean isIn(Arm arm) {
        return arm.role() == Role.CHALLENGER || arm.role() == Role.SHADOW;
    }

    private void run() {
        try {
            while (true) {
                for (String model : boards.all().keySet()) {
                    look(model);
                }
                Thread.sleep(LOOK);
            }
        } catch (InterruptedException e) {
            LOG.debug("arms are looked at no more", e);
        }
    }

    private void look(String model) throws InterruptedException {
        ModelBus bus = buses.byModel().get(model);
        FamilyBoard board = boards.all().get(model);
        if (bus == null || board == null) {
            return;
        }
        try {
            if (!kept.containsKey(model)) {
                ArmEvidence before = bus.book().evidence();
                board.restore(before, clock.millis());
                kept.put(model, new Kept(clock.millis(), before));
            }
            promote(model, board, bus);
            if (clock.millis() - kept.get(model).atMs() >= keep.toMillis()) {
                keep(model, board, bus);
            }
        } catch (ProblemException e) {
            LOG.info("arms of {}: {}", model, e.problem().detail());
        } catch (RuntimeException e) {
            LOG.warn("arms of {}: could not be looked at", model, e);
        }
    }

    private void promote(String model, FamilyBoard board, ModelBus bus) throws InterruptedException {
        Plan plan = families.of(model).plan();
        Set<String> alarms = alarmed.get();
        Optional<Won> winner = board.look(clock.millis(), known -> winner(plan, known, alarms));
        if (winner.isEmpty()) {
            return;
        }
        Won won = winner.get();
        keep(model, board, bus);
        var unused = bus.setArm(won.arm(), Role.CHAMPION, 0, new Asked("rule", won.why(), plan.revision()));
        LOG.info("arm {} is the champion of {}: {}", won.arm(), model, won.why());
    }

    /** An arm whose rule is met. */
    record Won(String arm, String why) {}

    /** @param alarms models with an open alarm: of the two that are compared there must be none */
    static Optional<Won> winner(Plan plan, FamilyBoard.Known known, Set<String> alarms) {
        int rivals = rivals(plan);
        if (!known.champion().equals(plan.champion().model())
                || alarms.contains(plan.champion().model())) {
            return Optional.empty();
        }
        for (Arm arm : plan.arms()) {
            ArmTally tally = known.tally().apply(arm.model());
            boolean won = arm.rule() != null
                    && isIn(arm)
                    && arm.weights().caughtUp()
                    && !alarms.contains(arm.model())
                    && Verdict.of(tally, arm.rule(), rivals) == Verdict.BETTER;
            if (won) {
                return Optional.of(new Won(arm.model(), why(arm, tally, rivals, known.champion())));
            }
        }
        return Optional.empty();
    }

    private static String why(Arm arm, ArmTally tally, int rivals, String champion) {
        return String.format(
                Locale.ROOT,
                "log loss %.4f below that of %s on the same %d samples of %d requests; ln evidence %.2f of %.2f",
                tally.lossGain().value(),
                champion,
                tally.samples(),
                tally.requests(),
                tally.better(),
                Verdict.needed(arm.rule(), rivals));
    }

    private void keep(String model, FamilyBoard board, ModelBus bus) throws InterruptedException {
        ArmEvidence now = board.evidence();
        Kept before = kept.get(model);
        if (before == null || !now.equals(before.evidence())) {
            bus.note(now);
        }
        kept.put(model, new Kept(clock.millis(), now));
    }

    @Override
    public void close() {
        thread.interrupt();
        try {
            if (!thread.join(CLOSE)) {
                LOG.warn("arms are still looked at");
                return;
            }
            for (Map.Entry<String, FamilyBoard> board : boards.all().entrySet()) {
                ModelBus bus = buses.byModel().get(board.getKey());
                if (bus != null && kept.containsKey(board.getKey())) {
                    keep(board.getKey(), board.getValue(), bus);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            LOG.warn("what comparing arms has come to is not written", e);
        }
    }
}
