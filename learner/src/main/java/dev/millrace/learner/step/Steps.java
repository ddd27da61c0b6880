package dev.millrace.learner.step;

import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ps.kernel.Blas;
import dev.millrace.ps.life.RowLife;
import dev.millrace.ps.table.ParameterTable;

/** The step that a spec asks for. */
public final class Steps {
    private Steps() {}

    /**
     * @param table of the spec's training layout
     * @param life of its rows
     */
    public static Step of(ModelSpec spec, ParameterTable table, RowLife life) {
        return spec.network().isLinear() ? new FtrlStep(spec, table, life) : of(spec, table, life, Blas.forLearning());
    }

    /** The same with a kernel of one's choice. */
    public static Step of(ModelSpec spec, ParameterTable table, RowLife life, Blas blas) {
        return spec.network().isLinear() ? new FtrlStep(spec, table, life) : new NetworkStep(spec, table, life, blas);
    }
}
