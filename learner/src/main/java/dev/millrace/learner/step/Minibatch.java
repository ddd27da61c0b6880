package dev.millrace.learner.step;

import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ps.life.RowLife;
import dev.millrace.ps.model.LinearModel;
import dev.millrace.ps.network.Fields;
import dev.millrace.ps.table.ParameterTable;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Samples of a block that are learned as one, those left out whose numbers are not finite: their features one after the
 * other, each with its key's number, its field, and what it enters as. Reused; belongs to the thread that owns the table.
 */
public final class Minibatch {
    /** Numbers a minibatch's distinct keys. */
    @FunctionalInterface
    public interface Keys {
        int add(long key, int field);
    }

    private final LinearModel inputs;
    private final LinearModel.Weights weights;
    private final @Nullable NumberRows numbers;
    private final Fields fields;
    private int[] numbersOf = new int[1024];
    private float[] values = new float[1024];
    private int[] fieldsOf = new int[1024];
    private int[] ends = new int[256];
    private int[] taken = new int[256];
    private int size;

    public Minibatch(ModelSpec spec, ParameterTable table, RowLife life) {
        NumberRows rows = new NumberRows(spec, table, life);
        inputs = new LinearModel(spec);
        fields = new Fields(spec);
        numbers = rows;
        weights = rows::weight;
    }

    /** Of rows that are elsewhere. @param weights of the keys of means and scales */
    public Minibatch(ModelSpec spec, LinearModel.Weights weights) {
        inputs = new LinearModel(spec);
        fields = new Fields(spec);
        numbers = null;
        this.weights = weights;
    }

    /**
     * Takes samples {@code from .. to-1} of those named.
     *
     * @param predictions receives NaN for each
     * @return how many it took
     */
    public int collect(SampleBlock block, int[] samples, int from, int to, float[] predictions, Keys keys) {
        size = 0;
        int at = 0;
        reserveSamples(to - from);
        for (int i = from; i < to; i++) {
            int sample = samples[i];
            predictions[i] = Float.NaN;
            if (!isFinite(block, sample)) {
                continue;
            }
            reserveFeatures(at + block.offset(sample + 1) - block.offset(sample));
            for (int f = block.offset(sample); f < block.offset(sample + 1); f++, at++) {
                long id = block.featureId(f);
                fieldsOf[at] = fields.of(id);
                numbersOf[at] = keys.add(id, fieldsOf[at]);
                values[at] = inputs.input(id, block.featureValue(f), weights);
            }
            taken[size] = i;
            ends[size++] = at;
        }
        return size;
    }

    private static boolean isFinite(SampleBlock block, int sample) {
        double sum = block.label(sample) * (double) block.weight(sample) + Math.log(block.keepRate(sample));
        for (int f = block.offset(sample); f < block.offset(sample + 1); f++) {
            // The square of a gradient must be a finite float.
            sum += (double) block.featureValue(f) * block.featureValue(f);
        }
        return Float.isFinite((float) sum);
    }

    private void reserveSamples(int n) {
        if (ends.length < n) {
            ends = new int[n];
            taken = new int[n];
        }
    }

    private void reserveFeatures(int n) {
        if (values.length < n) {
            int room = Math.max(n, 2 * values.length);
            numbersOf = Arrays.copyOf(numbersOf, room);
            values = Arrays.copyOf(values, room);
            fieldsOf = Arrays.copyOf(fieldsOf, room);
        }
    }

    /** Samples taken. */
    public int size() {
        return size;
    }

    /** Features of all of them. */
    public int features() {
        return size == 0 ? 0 : ends[size - 1];
    }

    /** Where the i-th sample stands among those that were named. */
    public int taken(int i) {
        return taken[i];
    }

    /** One beyond the i-th sample's last feature. */
    public int end(int i) {
        return ends[i];
    }

    public int number(int feature) {
        return numbersOf[feature];
    }

    public int field(int feature) {
        return fieldsOf[feature];
    }

    public float value(int feature) {
        return values[feature];
    }

    /** Takes note of the standardized numbers of all samples that were learned, in the table. */
    public void observe(SampleBlock block, int[] samples, float[] predictions, Step.Touched touched) {
        for (int i = 0; i < size; i++) {
            int sample = samples[taken[i]];
            if (Float.isNaN(predictions[taken[i]])) {
                continue;
            }
            int second = RowLife.second(block.eventTimeMs(sample));
            for (int f = block.offset(sample); f < block.offset(sample + 1); f++) {
                if (numbers != null && inputs.isStandardized(block.featureId(f))) {
                    numbers.observe(block.featureId(f), block.featureValue(f), block.sampleId(sample), second, touched);
                }
            }
        }
    }
}
