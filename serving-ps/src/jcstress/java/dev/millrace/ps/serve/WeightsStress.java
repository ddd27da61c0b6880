package dev.millrace.ps.serve;

import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.SpecReader;
import dev.millrace.ingest.spec.WeightFormat;
import dev.millrace.ps.delta.Delta;
import dev.millrace.ps.model.LinearModel;
import dev.millrace.ps.table.OffHeapTable;
import dev.millrace.ps.table.RowLayout;
import java.util.Map;
import java.util.TreeMap;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;

/** A request that reads while a delta is applied, rows move and one goes, has all weights of one version. */
@JCStressTest
@Outcome(id = "1, 1, 1", expect = Expect.ACCEPTABLE, desc = "all before the delta")
@Outcome(id = "2, 2, 0", expect = Expect.ACCEPTABLE, desc = "all with the delta")
@Outcome(expect = Expect.FORBIDDEN, desc = "weights of two versions")
@State
public class WeightsStress {
    private static final ModelSpec SPEC = SpecReader.parse(
            "stress",
            "model: stress\nobjective: logistic\nlabels: {like: 1}\nrewardWindow: 1m\nslots:\n  user: {type: category, from: user.id}\n");
    private static final int ROWS = 300;

    private final VersionedWeights weights =
            new VersionedWeights(new LinearModel(SPEC), new OffHeapTable(RowLayout.SERVING, 2 * ROWS));
    private final Delta next = delta(2, ROWS);

    public WeightsStress() {
        weights.apply(delta(1, 200), ServedVersion.NONE);
    }

    private static Delta delta(long sequence, int rows) {
        long[] keys = new long[rows];
        float[] to = new float[rows];
        for (int i = 0; i < rows; i++) {
            keys[i] = i + 1L;
            to[i] = sequence;
        }
        if (sequence == 2) {
            to[2] = Float.NaN;
        }
        var header =
                new Delta.Header(0, 1, 0, sequence, 1, 0, 0, new TreeMap<>(Map.of()), 0, 0, 0, WeightFormat.F32, null);
        return new Delta(header, keys, to);
    }

    @Actor
    public void apply() {
        weights.apply(next, ServedVersion.NONE);
    }

    @Actor
    public void read(III_Result result) {
        float[] read = new float[3];
        weights.read(new long[] {1, 2, 3}, 3, read);
        result.r1 = (int) read[0];
        result.r2 = (int) read[1];
        result.r3 = (int) read[2];
    }
}
