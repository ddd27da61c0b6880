package dev.millrace.learner.step;

import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ps.life.RowLife;
import dev.millrace.ps.table.ParameterTable;

/** Makes a model's steps on the device that was chosen for it. */
@FunctionalInterface
public interface StepMaker {
    /** On this machine's processor. */
    StepMaker CPU = Steps::of;

    /**
     * @param table of the spec's training layout
     * @param life of its rows
     */
    Step of(ModelSpec spec, ParameterTable table, RowLife life);
}
