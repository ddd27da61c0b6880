package dev.millrace.deploy.chaos;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.List;
import java.util.Locale;

/**
 * @param bits whether, with one learner, the weights were those of an undisturbed run; null: several learners
 */
public record ChaosReport(
        long seed,
        int learners,
        int shards,
        List<Round> rounds,
        @org.jspecify.annotations.Nullable Boolean bits) {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    /**
     * @param settleSeconds from the last fault until every shard and the replica stood at the end of the samples
     * @param samples distinct ones so far, by the samples' log
     * @param wrongRows rows whose update count or sum of ids differs from the log's
     * @param wrongWeights serving weights that differ from training's
     * @param parity whether the replica found the same by digests
     * @param problem empty: none
     */
    public record Round(
            int number,
            double seconds,
            double settleSeconds,
            long samples,
            long duplicates,
            long rows,
            long wrongRows,
            long wrongWeights,
            boolean parity,
            String problem) {
        boolean ok() {
            return wrongRows == 0 && wrongWeights == 0 && parity && problem.isEmpty();
        }
    }

    public ChaosReport {
        rounds = List.copyOf(rounds);
    }

    public boolean ok() {
        return !rounds.isEmpty() && rounds.stream().allMatch(Round::ok) && !Boolean.FALSE.equals(bits);
    }

    public String json() throws IOException {
        ObjectNode root = MAPPER.createObjectNode();
        root.put("seed", seed).put("learners", learners).put("shards", shards).put("ok", ok());
        if (bits != null) {
            root.put("bitsEqual", bits);
        }
        for (Round round : rounds) {
            root.withArray("rounds").addPOJO(round);
        }
        return root.toPrettyString() + System.lineSeparator();
    }

    /** For a person. */
    public String text() {
        StringBuilder text = new StringBuilder();
        for (Round r : rounds) {
            text.append(String.format(
                    Locale.ROOT,
                    "round %2d  %5.1f s, settled in %4.1f s: %d samples, %d sent again, %d rows, %d wrong, %d weights wrong, parity %s%s%n",
                    r.number(),
                    r.seconds(),
                    r.settleSeconds(),
                    r.samples(),
                    r.duplicates(),
                    r.rows(),
                    r.wrongRows(),
                    r.wrongWeights(),
                    r.parity(),
                    r.problem().isEmpty() ? "" : "; " + r.problem()));
        }
        if (bits != null) {
            text.append("bits equal to an undisturbed run's: ").append(bits).append(System.lineSeparator());
        }
        return text.append(ok() ? "everything agrees" : "NOT everything agrees, seed " + seed)
                .append(System.lineSeparator())
                .toString();
    }
}
