package dev.millrace.api.arm;

import dev.millrace.ingest.feature.RawFeatures;
import dev.millrace.ingest.spec.ArmSpec.Role;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ps.serve.WeightServer;
import dev.millrace.ps.version.VersionBook;
import java.util.Collection;
import java.util.List;
import java.util.function.Supplier;

/**
 * A model and those that learn from its log. All are ranked with under its name; which of them answers is told by their
 * specs, and by its registry since. Safe for many threads.
 */
public final class Family {
    private final WeightServer base;
    private final List<WeightServer> members;
    private final Supplier<VersionBook> book;
    private volatile Plan plan;

    /**
     * @param base the model whose name it is
     * @param others that learn from it
     * @param book what its registry says now
     * @throws IllegalArgumentException when one cannot be compared with it
     */
    Family(WeightServer base, Collection<WeightServer> others, Supplier<VersionBook> book) {
        this.base = base;
        this.book = book;
        others.forEach(other -> check(base.spec(), other.spec()));
        List<WeightServer> all = new java.util.ArrayList<>(others);
        all.sort(java.util.Comparator.comparing(other -> other.spec().model()));
        all.addFirst(base);
        members = List.copyOf(all);
        plan = Plan.of(base.spec().model(), members, VersionBook.EMPTY);
    }

    private static void check(ModelSpec base, ModelSpec other) {
        if (other.arm() == null && other.segment() == null) {
            // Another objective: it answers for nobody else, and is compared with nobody.
            return;
        }
        String name = "model '" + other.model() + "', which learns from '" + base.model() + "'";
        if (!base.heads().isEmpty() || !other.heads().isEmpty()) {
            throw new IllegalArgumentException(
                    name + ": models of several heads are not compared; take a model for each objective, or leave out"
                            + " 'arm' and 'segment'");
        }
        if (other.objective() != base.objective()
                || !other.labels().equals(base.labels())
                || !other.rewardWindow().equals(base.rewardWindow())
                || other.policies().absence() != base.policies().absence()) {
            throw new IllegalArgumentException(name + ": an arm has the objective, labels, aggregate, rewardWindow and"
                    + " policies.absence of the model that it is compared with; make them equal, or leave out 'arm'");
        }
        if (!base.realtime().containsAll(other.realtime())) {
            throw new IllegalArgumentException(
                    name + ": real-time features are kept once; say all of them in '" + base.model() + "' too");
        }
    }

    /** The name that people rank with. */
    public String model() {
        return base.spec().model();
    }

    public WeightServer base() {
        return base;
    }

    /** The base first, then by name. */
    public List<WeightServer> members() {
        return members;
    }

    /** Whether there is nobody but the base. */
    public boolean isAlone() {
        return members.size() == 1;
    }

    /** Whether any is an arm or for a segment, and not just another objective of the log. */
    boolean hasArms() {
        return members.stream().map(WeightServer::spec).anyMatch(spec -> spec.arm() != null || spec.segment() != null);
    }

    /** Whether nobody else answers in its place when its weights are not there: the champion, or another objective. */
    boolean needs(WeightServer member) {
        ModelSpec spec = member.spec();
        boolean answersItsName = spec.learnsFromAnother() && spec.arm() == null && spec.segment() == null;
        return answersItsName || plan().champion().weights().spec().model().equals(spec.model());
    }

    Plan plan() {
        VersionBook now = book.get();
        Plan known = plan;
        if (known.revision() != now.revision()) {
            known = Plan.of(model(), members, now);
            plan = known;
        }
        return known;
    }

    VersionBook book() {
        return book.get();
    }

    /**
     * @param person by whom they are known
     * @param shared the request's own attributes
     */
    public Route route(String person, RawFeatures shared) {
        return plan().route(person, shared);
    }

    /** This arm answers, whoever asks. */
    public Route routeTo(String model) {
        return plan().arms().stream()
                .filter(arm -> arm.model().equals(model))
                .findFirst()
                .map(Route::to)
                .orElseThrow();
    }

    /** Whether it scores what others answer: it is not idle, and not for other requests. */
    public static boolean looksOn(Arm arm, Arm answers) {
        return !arm.is(answers)
                && arm.role() != Role.IDLE
                && arm.weights().spec().segment() == null;
    }

    public List<Arm> arms() {
        return plan().arms();
    }
}
