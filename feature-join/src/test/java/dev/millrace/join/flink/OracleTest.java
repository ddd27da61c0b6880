package dev.millrace.join.flink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.join.oracle.DisorderedLog;
import dev.millrace.join.oracle.Expected;
import dev.millrace.join.oracle.Oracle;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * The job's matching, in Flink's operator harness, against the offline oracle: any log, any policies, restarted in the
 * middle. {@code -Dmillrace.seeds=N} plays so many seeds, {@code -Dmillrace.seed=S} that one.
 */
class OracleTest {
    private static final int SEEDS = Integer.getInteger("millrace.seeds", 1_000);

    @Test
    void everySeedMakesWhatTheOracleSays() throws Exception {
        Long one = Long.getLong("millrace.seed");
        long from = one == null ? 1 : one;
        int samples = 0;
        int letters = 0;
        int replayed = 0;
        for (long seed = from; seed < from + (one == null ? SEEDS : 1); seed++) {
            DisorderedLog log = DisorderedLog.of(seed, "r", seed % 2 == 0);
            Expected expected = Oracle.expected(log);
            HarnessRun run = new HarnessRun(log);
            run.play();
            String where = "seed " + seed + "; play it alone with -Dmillrace.seed=" + seed + "\n" + log.specs();
            assertEquals("", difference(expected.samples(), run.samples()), where);
            assertEquals("", difference(expected.letters(), run.letters()), where);
            assertEquals(0, run.stateEntries(), where);
            assertEquals(0, run.sizeLeft(), where);
            samples += expected.samples().size();
            letters += expected.letters().size();
            replayed += run.sentAgain();
        }
        assertTrue(one != null || (samples > 20 * SEEDS && letters > 10 * SEEDS && replayed > SEEDS), "they test much");
    }

    /** Lines of what is expected and missing, and of what is there and not expected. */
    private static String difference(Map<?, ?> expected, Map<?, ?> actual) {
        StringBuilder lines = new StringBuilder();
        Set<Object> keys = new LinkedHashSet<>(expected.keySet());
        keys.addAll(actual.keySet());
        for (Object key : keys) {
            if (!Objects.equals(expected.get(key), actual.get(key))) {
                lines.append(key).append(": expected ").append(expected.get(key));
                lines.append(", is ").append(actual.get(key)).append('\n');
            }
        }
        return lines.toString();
    }
}
