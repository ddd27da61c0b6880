package dev.millrace.deploy.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.deploy.chaos.ChaosPs;
import dev.millrace.deploy.chaos.ChaosReport;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code kill -9} of every process of a remote training, each at a seeded random moment while samples flow: every row's
 * update count and sum of sample ids is the log's, and serving is training's. {@code deploy/millrace chaos ps} runs more.
 */
@Tag("e2e")
class ChaosTest {
    @TempDir
    Path dir;

    @Test
    void twoLearnersLoseAndDoubleNothingWhoeverDies() throws Exception {
        ChaosReport report = run(2, 2, Long.getLong("millrace.chaos.seed", 20_261_122), false);
        assertEquals(2, report.rounds().size(), report::text);
        assertTrue(report.ok(), report::text);
    }

    @Test
    void oneLearnersNetworkHasTheBitsOfAnUndisturbedRun() throws Exception {
        ChaosReport report = run(1, 1, Long.getLong("millrace.chaos.seed", 20_261_123), true);
        assertEquals(Boolean.TRUE, report.bits(), report::text);
        assertTrue(report.ok(), report::text);
    }

    private ChaosReport run(int learners, int rounds, long seed, boolean network) throws Exception {
        System.out.println("chaos: seed " + seed);
        return ChaosPs.run(
                new ChaosPs.Config(Tools.launcher(), dir, learners, rounds, seed, network),
                line -> System.out.println("chaos: " + line));
    }
}
