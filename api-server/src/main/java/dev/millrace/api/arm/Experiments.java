package dev.millrace.api.arm;

import dev.millrace.api.bus.Buses;
import dev.millrace.api.bus.ModelBus;
import dev.millrace.api.bus.ModelBus.Asked;
import dev.millrace.api.bus.ModelBus.Effect;
import dev.millrace.api.problem.Problem;
import dev.millrace.api.problem.ProblemException;
import dev.millrace.ingest.spec.ArmSpec.Role;
import dev.millrace.ingest.spec.KnownNames;
import dev.millrace.ingest.spec.Segment;
import dev.millrace.ps.evidence.ConfidenceSequence;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Leaderboards of all families that have arms, and what part an arm is to take. Safe for many threads. */
public final class Experiments {
    private final Families families;
    private final ArmBoards boards;
    private final Buses buses;
    private final Clock clock;

    public Experiments(Families families, ArmBoards boards, Buses buses, Clock clock) {
        this.families = families;
        this.boards = boards;
        this.buses = buses;
        this.clock = clock;
    }

    /** One a family, by its name. */
    public List<Leaderboard> all() {
        return boards.all().keySet().stream().map(this::of).toList();
    }

    /** @throws ProblemException (not found) where nobody is compared */
    public Leaderboard of(String model) {
        FamilyBoard board = board(model);
        Plan plan = family(model).plan();
        return board.look(clock.millis(), known -> view(plan, known));
    }

    private FamilyBoard board(String model) {
        FamilyBoard board = boards.all().get(model);
        if (board == null) {
            throw new ProblemException(Problem.notFound(
                    "model",
                    "model '" + model + "' has no arms",
                    KnownNames.fix(model, boards.all().keySet())));
        }
        return board;
    }

    private Family family(String model) {
        return families.of(model);
    }

    /**
     * What part an arm takes from now on: as champion it answers, whoever did before looks on.
     *
     * @param share part of the people, for a challenger; 0: as it was
     */
    public Effect set(String model, String arm, Role role, double share, Asked asked) throws InterruptedException {
        board(model);
        Plan plan = family(model).plan();
        Arm its = plan.arms().stream()
                .filter(a -> a.model().equals(arm))
                .findFirst()
                .orElseThrow(() -> new ProblemException(Problem.notFound(
                        "arm",
                        "there is no arm '" + arm + "'",
                        KnownNames.fix(arm, plan.arms().stream().map(Arm::model).toList()))));
        check(plan, its, role, share);
        ModelBus bus = buses.of(model);
        return bus.setArm(arm, role, share, asked);
    }

    private static void check(Plan plan, Arm arm, Role role, double share) {
        boolean isBase = !arm.weights().spec().learnsFromAnother();
        if (!arm.isCompared() && role != Role.IDLE && role != Role.SHADOW) {
            throw new ProblemException(Problem.invalid(
                    "role",
                    "'" + arm.model() + "' is another objective, or of a segment: it can be shadow or idle",
                    "give its spec an 'arm' if it is to challenge"));
        }
        if (role != Role.CHAMPION && arm.is(plan.champion())) {
            throw new ProblemException(
                    Problem.invalid("role", "'" + arm.model() + "' is the champion", "make another arm the champion"));
        }
        if (isBase && role == Role.CHALLENGER) {
            throw new ProblemException(Problem.invalid(
                    "role",
                    "'" + arm.model() + "' is no challenger of its own name",
                    "make it the champion, or shadow; or give the present champion's spec as the model's own"));
        }
        double shares = plan.arms().stream()
                .filter(a -> !a.is(arm) && a.role() == Role.CHALLENGER)
                .mapToDouble(Arm::share)
                .sum();
        double wanted = share > 0 ? share : arm.share();
        if (role == Role.CHALLENGER && shares + wanted > 1) {
            throw new ProblemException(Problem.invalid(
                    "share",
                    "all challengers together would have more than all people",
                    "give at most " + Math.max(0, 1 - shares)));
        }
    }

    private static Leaderboard view(Plan plan, FamilyBoard.Known known) {
        ArmTally champion = known.tally().apply(known.champion());
        int rivals = ArmRule.rivals(plan);
        List<Arm> rest = new ArrayList<>(plan.arms());
        rest.remove(plan.champion());
        rest.sort(Comparator.comparingDouble(
                arm -> -known.tally().apply(arm.model()).better()));
        rest.addFirst(plan.champion());
        return new Leaderboard(
                plan.arms().getLast().weights().spec().learnsFrom(),
                known.champion(),
                plan.revision(),
                known.sinceMs(),
                known.open(),
                known.leftOut(),
                ArmTally.ALPHA,
                rest.stream()
                        .map(arm -> standing(arm, known.tally().apply(arm.model()), champion, known.champion(), rivals))
                        .toList());
    }

    private static Leaderboard.Standing standing(Arm arm, ArmTally tally, ArmTally champion, String name, int rivals) {
        Segment segment = arm.weights().spec().segment();
        boolean isChampion = arm.role() == Role.CHAMPION;
        return new Leaderboard.Standing(
                arm.model(),
                segment != null && arm.role() != Role.IDLE ? "segment" : word(arm.role()),
                arm.weights().spec().arm() == null ? null : word(arm.compare()),
                arm.role() == Role.CHALLENGER ? arm.share() : 0,
                segment == null
                        ? null
                        : new Leaderboard.Requests(
                                segment.by(), segment.values().stream().sorted().toList()),
                arm.weights().version().sequence(),
                tally.requests(),
                tally.samples(),
                orNull(tally.logLoss()),
                orNull(tally.auc()),
                interval(tally.clicks()),
                isChampion || !arm.isCompared() ? null : versus(arm, tally, champion, name, rivals));
    }

    private static Leaderboard.Versus versus(Arm arm, ArmTally tally, ArmTally champion, String name, int rivals) {
        Leaderboard.Interval drafts = interval(tally.draftGain());
        return new Leaderboard.Versus(
                name,
                interval(tally.lossGain()),
                interval(tally.aucGain()),
                difference(tally.clicks(), champion.clicks()),
                drafts == null
                        ? null
                        : new Leaderboard.Interleaving(tally.wins(), tally.defeats(), tally.ties(), drafts),
                tally.better(),
                Verdict.needed(arm.rule(), rivals),
                Verdict.least(arm.rule()),
                arm.rule() != null,
                word(Verdict.of(tally, arm.rule(), rivals)));
    }

    private static Leaderboard.@Nullable Interval interval(ConfidenceSequence sequence) {
        return sequence.count() == 0
                ? null
                : new Leaderboard.Interval(sequence.value(), sequence.lower(), sequence.upper(), sequence.count());
    }

    /** Both miss half as often as it may. */
    private static Leaderboard.@Nullable Interval difference(ConfidenceSequence its, ConfidenceSequence champions) {
        return its.count() == 0 || champions.count() == 0
                ? null
                : new Leaderboard.Interval(
                        its.value() - champions.value(),
                        its.lower() - champions.upper(),
                        its.upper() - champions.lower(),
                        its.count());
    }

    private static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    private static @Nullable Double orNull(double value) {
        return Double.isFinite(value) ? value : null;
    }
}
