package dev.millrace.api.arm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.FixedWeights;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ArmRuleTest {
    private static final RequestScore GOOD = new RequestScore(10, 2, 0.8);
    private static final RequestScore BAD = new RequestScore(10, 3, 0.6);

    private final ArmTally wide = new ArmTally();

    private static FixedWeights arm(String how) {
        return Arms.scoring(Arms.spec("wide", "arm: {%s}".formatted(how)), 0);
    }

    private Optional<ArmRule.Won> winner(FixedWeights arm, Set<String> alarms) {
        Plan plan = Arms.family(arm).plan();
        var known = new FamilyBoard.Known("movies", 0, 0, 0, 0, name -> name.equals("wide") ? wide : new ArmTally());
        return ArmRule.winner(plan, known, alarms);
    }

    private void play(int requests) {
        for (int i = 0; i < requests; i++) {
            wide.scored(GOOD);
            wide.compared(GOOD, BAD);
        }
    }

    @Test
    void whoIsBetterWinsOnceThereAreSamplesEnough() {
        FixedWeights arm = arm("promote: {alpha: 0.05, samples: 500}");
        play(49);
        assertTrue(winner(arm, Set.of()).isEmpty(), "490 samples");
        play(1);
        assertEquals("wide", winner(arm, Set.of()).orElseThrow().arm());
    }

    @Test
    void nobodyWinsWithoutARuleOrWhileAnAlarmIsOpen() {
        play(1_000);
        String rule = "promote: {samples: 500}";
        assertTrue(winner(arm(rule), Set.of()).isPresent());
        assertTrue(winner(arm("role: challenger"), Set.of()).isEmpty(), "no rule");
        assertTrue(winner(arm("role: idle, " + rule), Set.of()).isEmpty(), "idle");
        assertTrue(winner(arm(rule), Set.of("wide")).isEmpty());
        assertTrue(winner(arm(rule), Set.of("movies")).isEmpty());
        FixedWeights behind = arm(rule);
        behind.caughtUp = false;
        assertTrue(winner(behind, Set.of()).isEmpty(), "its weights are not there yet");
    }
}
