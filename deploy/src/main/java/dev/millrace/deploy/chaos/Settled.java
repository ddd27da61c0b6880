package dev.millrace.deploy.chaos;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.learner.remote.protocol.ShardStatus;
import dev.millrace.learner.remote.run.ShardAudit;
import dev.millrace.ps.model.ServedRows;
import dev.millrace.ps.table.ParameterTable;
import dev.millrace.ps.table.RowLayout;
import dev.millrace.ps.wire.BodyWriter;
import dev.millrace.ps.wire.Endpoint;
import dev.millrace.ps.wire.FlatClient;
import dev.millrace.ps.wire.FlatReply;
import dev.millrace.ps.wire.WireException;
import dev.millrace.ps.wire.connect.FlatClients;
import it.unimi.dsi.fastutil.longs.Long2ObjectOpenHashMap;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.concurrent.TimeUnit;

/** Waits until shards and replica stand at the end of the samples, and compares them there. One thread. */
final class Settled implements AutoCloseable {
    private static final long LOOK_MS = 200;
    private static final int KEYS_A_CALL = 10_000;
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final ModelSpec spec;
    private final ShardAudit shards;
    private final Endpoint replica;

    Settled(ModelSpec spec, ShardAudit shards, String replica) {
        this.spec = spec;
        this.shards = shards;
        this.replica = Endpoint.parse(replica);
    }

    // ---- waiting ----

    /** @return what is still missing after that long; empty: nothing */
    String await(SortedMap<Integer, Long> ends, Duration atMost) throws InterruptedException {
        long deadlineNs = System.nanoTime() + atMost.toNanos();
        String missing = missing(ends);
        while (!missing.isEmpty() && System.nanoTime() - deadlineNs < 0) {
            TimeUnit.MILLISECONDS.sleep(LOOK_MS);
            missing = missing(ends);
        }
        return missing.isEmpty() ? "" : "after " + atMost.toSeconds() + " s: " + missing;
    }

    private String missing(SortedMap<Integer, Long> ends) throws InterruptedException {
        try {
            List<Long> sequences = new ArrayList<>();
            for (int shard = 0; shard < shards.shards(); shard++) {
                ShardStatus status = shards.status(shard);
                if (!isAt(status.applied(), ends) || status.openRows() > 0 || status.published() != status.sequence()) {
                    return "shard " + shard + " is " + status + ", the samples end at " + ends;
                }
                sequences.add(status.sequence());
            }
            JsonNode state = state();
            List<Long> served = new ArrayList<>();
            state.path("sequences").forEach(sequence -> served.add(sequence.asLong()));
            return served.equals(sequences) && state.path("caughtUp").asBoolean()
                    ? ""
                    : "the replica is " + state + ", the shards are at " + sequences;
        } catch (WireException | IOException e) {
            return e.toString();
        }
    }

    /** Whether the replica's digests have been over all of its rows. */
    boolean hasComparedAll() {
        try {
            return state().hasNonNull("parity");
        } catch (WireException | IOException e) {
            return false;
        }
    }

    private static boolean isAt(Map<Integer, Long> applied, Map<Integer, Long> ends) {
        return ends.entrySet().stream()
                .allMatch(e -> applied.getOrDefault(e.getKey(), 0L).equals(e.getValue()));
    }

    private JsonNode state() throws IOException {
        try (FlatClient client = FlatClients.connect(replica);
                FlatReply reply = client.ask(ChaosReplica.STATE, 0, BodyWriter.NOTHING)) {
            byte[] json = new byte[reply.body().remaining()];
            reply.body().get(json);
            return MAPPER.readTree(json);
        }
    }

    // ---- comparing ----

    Comparison compare(ChaosOracle oracle) throws InterruptedException {
        try {
            List<ParameterTable> tables = new ArrayList<>();
            long rows = 0;
            for (int shard = 0; shard < shards.shards(); shard++) {
                tables.add(shards.rows(shard));
                rows += tables.getLast().size();
            }
            List<String> problems = new ArrayList<>();
            long wrongRows = wrongRows(tables, oracle, problems);
            long wrongWeights = wrongWeights(tables, problems);
            JsonNode state = state();
            boolean parity = state.path("parity").asBoolean(false);
            if (!parity) {
                problems.add("parity: " + state);
            }
            if (state.path("samples").asLong() != oracle.samples()
                    || state.path("idSum").asLong() != oracle.idSum()) {
                problems.add("serving counts " + state + ", the log has " + oracle.samples() + " samples, ids sum to "
                        + oracle.idSum());
            }
            String first = problems.isEmpty() ? "" : problems.getFirst();
            return new Comparison(rows, wrongRows, wrongWeights, parity, first, tables);
        } catch (WireException | IOException e) {
            return new Comparison(0, 0, 0, false, "cannot compare: " + e, List.of());
        }
    }

    private static long wrongRows(List<ParameterTable> tables, ChaosOracle oracle, List<String> problems) {
        Set<Long> missing = new HashSet<>(oracle.rows().keySet());
        long[] wrong = {0};
        for (ParameterTable table : tables) {
            table.forEachRow(row -> {
                long key = table.key(row);
                if (FeatureIds.isLayers(key)) {
                    // No sample names them: parity and the undisturbed run compare them.
                    return;
                }
                missing.remove(key);
                var found = new ChaosOracle.Count(
                        Integer.toUnsignedLong(table.getInt(row, RowLayout.UPDATES)),
                        table.getLong(row, RowLayout.ID_SUM));
                ChaosOracle.Count expected = oracle.rows().get(key);
                if (!found.equals(expected)) {
                    wrong[0]++;
                    problems.add("row " + Long.toHexString(key) + " has " + found + ", the log says " + expected);
                }
            });
        }
        if (!missing.isEmpty()) {
            problems.add("no row " + Long.toHexString(missing.iterator().next()));
        }
        return wrong[0] + missing.size();
    }

    private long wrongWeights(List<ParameterTable> tables, List<String> problems) {
        Long2ObjectOpenHashMap<float[]> expected = new Long2ObjectOpenHashMap<>();
        ServedRows served = new ServedRows(spec);
        for (ParameterTable table : tables) {
            table.forEachRow(
                    row -> served.serveRowsAgain(table, row, (key, weights) -> expected.put(key, weights.clone())));
        }
        long[] keys = expected.keySet().toLongArray();
        float[] weights = new float[spec.rowWidth()];
        long wrong = 0;
        try (FlatClient client = FlatClients.connect(replica)) {
            for (int from = 0; from < keys.length; from += KEYS_A_CALL) {
                int start = from;
                int n = Math.min(KEYS_A_CALL, keys.length - from);
                try (FlatReply reply =
                        client.ask(ChaosReplica.WEIGHTS, n * Long.BYTES, target -> put(target, keys, start, n))) {
                    for (int i = 0; i < n; i++) {
                        for (int f = 0; f < weights.length; f++) {
                            weights[f] = reply.body().getFloat();
                        }
                        float[] learned = expected.get(keys[from + i]);
                        // By bits: 0 is not −0.
                        if (!Arrays.equals(weights, learned)) {
                            wrong++;
                            problems.add("serving weighs " + Long.toHexString(keys[from + i]) + " "
                                    + Arrays.toString(weights) + ", training " + Arrays.toString(learned));
                        }
                    }
                }
            }
        }
        return wrong;
    }

    private static void put(ByteBuffer target, long[] keys, int from, int n) {
        for (int i = from; i < from + n; i++) {
            target.putLong(keys[i]);
        }
    }

    @Override
    public void close() {
        // Connections live as long as one look.
    }
}
