package dev.millrace.api.arm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.FixedWeights;
import dev.millrace.ingest.feature.RawFeatures;
import dev.millrace.ingest.proto.Exposure;
import dev.millrace.ingest.spec.ArmSpec.Role;
import dev.millrace.ps.version.VersionBook;
import dev.millrace.ps.version.VersionEvents;
import dev.millrace.ps.version.VersionEvents.Said;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class PlanTest {
    private static final int PEOPLE = 40_000;
    private VersionBook book = VersionBook.EMPTY;

    private void say(String arm, Role role, double share) {
        book = book.with(book.next(), VersionEvents.arm(arm, role, share, Said.of(1, "eve", "")));
    }

    /** The share on the log is the share of the people, whatever experiments were before. */
    @Test
    void peopleFallToArmsAsTheLogSays() {
        Family family = Arms.family(
                Arms.scoring(Arms.spec("a", "arm: {role: challenger, share: 0.1, experiment: one}"), 0),
                Arms.scoring(Arms.spec("b", "arm: {role: challenger, share: 0.2, experiment: one}"), 0),
                Arms.scoring(
                        Arms.spec("c", "arm: {role: challenger, share: 0.25, experiment: two, compare: interleave}"),
                        0),
                Arms.scoring(Arms.spec("d", "arm: {}"), 0));
        Map<String, Integer> counts = new HashMap<>();
        Map<String, Float> shares = new HashMap<>();
        for (int i = 0; i < PEOPLE; i++) {
            Route route = family.route("user" + i, RawFeatures.EMPTY);
            Exposure exposure = Objects.requireNonNull(route.exposure());
            counts.merge(exposure.getArm(), 1, Integer::sum);
            shares.put(exposure.getArm(), exposure.getShare());
            boolean interleaved = exposure.getArm().equals("c");
            assertEquals(interleaved, exposure.getInterleaved());
            assertEquals(
                    interleaved ? "movies" : exposure.getArm(), route.answers().model());
            assertEquals(exposure, family.route("user" + i, RawFeatures.EMPTY).exposure(), "the same each time");
        }
        assertEquals(Map.of("a", .1f, "b", .2f, "c", .175f, "movies", .525f), shares);
        shares.forEach((arm, share) -> {
            double deviation = Math.sqrt(share * (1 - share) / PEOPLE);
            assertEquals(share, Objects.requireNonNull(counts.get(arm)) / (double) PEOPLE, 4 * deviation, arm);
        });
    }

    @Test
    void anotherExperimentDrawsThePeopleAnew() {
        int both = 0;
        int first = 0;
        for (int i = 0; i < PEOPLE; i++) {
            boolean one = Plan.draw("one", "user" + i) < 0.5;
            first += one ? 1 : 0;
            both += one && Plan.draw("two", "user" + i) < 0.5 ? 1 : 0;
        }
        assertEquals(0.5, both / (double) first, 0.02);
    }

    @Test
    void aSegmentHasItsModelAndOthersTheGeneralOne() {
        Family family = Arms.family(
                Arms.scoring(Arms.spec("north", "segment: {by: user.country, values: [dk, se]}"), 0),
                Arms.scoring(Arms.spec("a", "arm: {role: challenger, share: 0.5}"), 0));
        Route north = family.route("u", Arms.from("se"));
        assertEquals("north", north.answers().model());
        assertNull(north.exposure(), "no part of an experiment");
        assertTrue(!family.route("u", Arms.from("de")).answers().model().equals("north"));
        assertTrue(!family.route("u", RawFeatures.EMPTY).answers().model().equals("north"));
    }

    /** Learned nothing yet, say: nobody is served worse for it, and no server waits for it. */
    @Test
    void anArmWhoseWeightsAreNotThereAnswersNobody() {
        FixedWeights north = Arms.scoring(Arms.spec("north", "segment: {by: user.country, values: ['no']}"), 0);
        FixedWeights wide = Arms.scoring(Arms.spec("wide", "arm: {role: challenger, share: 0.999}"), 0);
        Family family = Arms.family(() -> book, north, wide);
        north.caughtUp = false;
        assertEquals("wide", family.route("u", Arms.from("no")).answers().model());
        wide.caughtUp = false;
        Route route = family.route("u", Arms.from("no"));
        assertEquals("movies", route.answers().model());
        assertNull(route.exposure());
        assertTrue(!family.needs(wide) && !family.needs(north) && family.needs(family.base()));
        say("wide", Role.CHAMPION, 0);
        assertTrue(family.needs(wide) && !family.needs(family.base()));
    }

    @Test
    void theRegistrySaysWhoAnswers() {
        Family family = Arms.family(() -> book, Arms.scoring(Arms.spec("a", "arm: {share: 0.3}"), 0));
        assertEquals("movies", family.route("u", RawFeatures.EMPTY).answers().model());
        assertNull(family.route("u", RawFeatures.EMPTY).exposure(), "a shadow is no experiment");
        say("a", Role.CHALLENGER, 0.999);
        assertEquals("a", family.route("u", RawFeatures.EMPTY).answers().model());
        say("a", Role.CHAMPION, 0);
        assertEquals("a", family.route("u", RawFeatures.EMPTY).answers().model());
        assertEquals(Role.SHADOW, family.arms().getLast().role(), "who answered before looks on");
        say("movies", Role.CHAMPION, 0);
        assertEquals("movies", family.route("u", RawFeatures.EMPTY).answers().model());
        say("a", Role.IDLE, 0);
        assertTrue(!Family.looksOn(family.arms().getLast(), family.arms().getFirst()));
    }

    @Test
    void whatCannotBeComparedIsRefused() {
        String other = Arms.spec("a", "arm: {}").model();
        var labels = dev.millrace.ingest.spec.SpecReader.parse(other, """
                model: a
                learnsFrom: movies
                objective: logistic
                labels: {buy: 1}
                rewardWindow: 5s
                slots: {user: {type: category, from: user.id}}
                arm: {}
                """);
        var e = assertThrows(IllegalArgumentException.class, () -> Arms.family(Arms.scoring(labels, 0)));
        assertTrue(String.valueOf(e.getMessage()).contains("make them equal"), e.getMessage());
    }
}
