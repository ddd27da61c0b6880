package dev.millrace.deploy.chaos;

import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.learner.remote.push.BatchStep;
import dev.millrace.learner.remote.push.BatchSteps;
import dev.millrace.learner.remote.push.Push;
import dev.millrace.learner.remote.push.PushApplier;
import dev.millrace.learner.remote.push.Routes;
import dev.millrace.learner.remote.push.SampleBatch;
import dev.millrace.learner.remote.worker.Journal;
import dev.millrace.learner.training.ShardState;
import dev.millrace.ps.table.ParameterTable;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * The undisturbed run that one learner's faults are compared with: its batches, as its journal bounds them, learned one
 * after the other in this process. Every push must come out byte for byte as it was sent, and every row as it is.
 */
final class ChaosReplay {
    private static final long JOURNAL = 1L << 40;

    private final ModelSpec spec;
    private final ChaosOracle oracle;
    private final BatchSteps steps;
    private final List<ShardState> states = new ArrayList<>();
    private final List<PushApplier> appliers = new ArrayList<>();
    private final Map<Integer, Set<Long>> seen = new HashMap<>();

    ChaosReplay(ModelSpec spec, ChaosOracle oracle) {
        this.spec = spec;
        this.oracle = oracle;
        this.steps = new BatchSteps(spec, new Routes(spec, Fleet.SHARDS));
        for (int k = 0; k < Fleet.SHARDS; k++) {
            states.add(ShardState.empty(spec, new ShardState.Id(k, Fleet.SHARDS)));
            appliers.add(new PushApplier(states.get(k)));
        }
    }

    /** @param tables the shards' rows at the end */
    boolean equal(Path journalFolder, List<ParameterTable> tables, Consumer<String> say) throws IOException {
        long batches = 0;
        try (Journal journal = Journal.open(journalFolder, Fleet.SHARDS, JOURNAL, JOURNAL / 2)) {
            for (Journal.Entry e = journal.at(0); e != null; e = journal.at(e.sequence() + 1)) {
                BatchStep step = learn(e);
                batches++;
                for (int k = 0; k < Fleet.SHARDS; k++) {
                    ByteBuffer sent = journal.push(e, k);
                    if (!sent.equals(step.push(k))) {
                        say.accept("batch " + e.sequence() + " (partition " + e.partition() + ", " + e.first() + ".."
                                + e.next() + "): its push to shard " + k + " was another one");
                        return false;
                    }
                    appliers.get(k).apply(new Push(sent));
                }
            }
        }
        appliers.forEach(PushApplier::flush);
        long different = 0;
        for (int k = 0; k < Fleet.SHARDS; k++) {
            different += different(states.get(k).table(), tables.get(k));
        }
        say.accept(batches + " batches learned again, " + different + " rows differ");
        return different == 0;
    }

    private BatchStep learn(Journal.Entry entry) {
        Set<Long> ids = seen.computeIfAbsent(entry.partition(), p -> new HashSet<>());
        SampleBatch batch = new SampleBatch(entry.partition(), entry.first(), spec.fingerprint(), ids::add);
        List<SampleBlock> blocks = oracle.blocks(entry.partition());
        for (long offset = entry.first(); offset < entry.next(); offset++) {
            batch.add(offset, blocks.get((int) offset));
        }
        BatchStep step = steps.gather(batch);
        step.pullFrom(appliers);
        step.learn();
        return step;
    }

    private static long different(ParameterTable expected, ParameterTable found) {
        int stride = expected.layout().stride();
        long[] different = {Math.abs(expected.size() - found.size())};
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment both = arena.allocate(2L * stride, Long.BYTES);
            expected.forEachRow(row -> {
                long other = found.find(expected.key(row));
                if (other == ParameterTable.MISSING) {
                    different[0]++;
                    return;
                }
                expected.copyRow(row, both, 0);
                found.copyRow(other, both, stride);
                if (both.asSlice(0, stride).mismatch(both.asSlice(stride, stride)) >= 0) {
                    different[0]++;
                }
            });
        }
        return different[0];
    }
}
