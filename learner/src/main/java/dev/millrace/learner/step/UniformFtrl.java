package dev.millrace.learner.step;

import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ps.life.RowLife;
import dev.millrace.ps.model.FtrlBatch;
import dev.millrace.ps.model.FtrlWeight;
import dev.millrace.ps.model.LinearModel;
import dev.millrace.ps.table.ParameterTable;
import dev.millrace.ps.table.RowLayout;
import java.util.Arrays;

/**
 * {@link FtrlStep} where all samples have the same slots at the same places, each slot once: the same steps of the same
 * samples one after the other, to the bit. Rows of bias and numbers, which all samples have, are read once a call and
 * written once; rows of the others are found, and born, for some samples at once. A row may so be born for a sample that
 * is then refused; it stays zero. Same thread as the step.
 */
final class UniformFtrl {
    /** Products of such inputs and their squares are finite floats. */
    private static final int LARGEST = Float.floatToRawIntBits(1e9f);
    /** Of the widest vectors. */
    private static final int LANES = 16;

    private final FtrlBatch ftrl;
    private final FtrlWeight weight;
    private final LinearModel model;
    private final Loss loss;
    private final ParameterTable table;
    private final RowLife life;
    /** Whether the spec asks rows for nothing but z and n. */
    private final boolean plain;

    /** Of a sample's places, in whole vectors, 0 beyond its last: its rows, values, and what they add to its sum. */
    private float[] z = {};

    private int padded;
    private float[] n = {};
    private float[] values = {};
    private float[] terms = {};
    /**
     * Of the sample after it: its rows as they were before, read that early since a processor must wait until what it has
     * written in small pieces can be read in large ones. Bit p of kept: its p-th row is the same.
     */
    private float[] nextZ = {};

    private float[] nextN = {};
    private float[] nextValues = {};
    private long[] kept = {};
    private long[] fixedBits = {};

    /** Places whose feature is the same in all samples, and the others. */
    private int[] fixed = {};

    private int fixedCount;
    private int[] others = {};
    private int othersCount;
    private final long[] fixedKeys = new long[ParameterTable.CHUNK];
    private final long[] keys = new long[ParameterTable.CHUNK];
    private final long[] rows = new long[ParameterTable.CHUNK];
    private final int[] ones = new int[ParameterTable.CHUNK];

    UniformFtrl(ModelSpec spec, FtrlBatch ftrl, LinearModel model, Loss loss, ParameterTable table, RowLife life) {
        this.ftrl = ftrl;
        this.weight = FtrlWeight.of(spec.optimizer());
        this.model = model;
        this.loss = loss;
        this.table = table;
        this.life = life;
        plain = !table.layout().audited()
                && !table.layout().aged()
                && life.admitsAll()
                && spec.slots().stream().noneMatch(slot -> slot.standardize());
        Arrays.fill(ones, 1);
    }

    /** Whether these samples are so. O(features), little each. */
    boolean canLearn(SampleBlock block) {
        return plain && block.size() > 1 && block.isUniform() && hasDistinctSlots(block) && isBounded(block);
    }

    private boolean hasDistinctSlots(SampleBlock block) {
        int width = block.offset(1);
        room(width);
        fixedCount = 0;
        othersCount = 0;
        Arrays.fill(fixedBits, 0);
        for (int p = 0; p < width; p++) {
            long id = block.featureId(p);
            if (FeatureIds.pack(0, id) == FeatureIds.VALUE) {
                fixed[fixedCount++] = p;
                fixedBits[p >>> 6] |= 1L << p;
            } else {
                others[othersCount++] = p;
            }
            for (int before = 0; before < p; before++) {
                if (FeatureIds.slotOf(block.featureId(before)) == FeatureIds.slotOf(id)) {
                    return false;
                }
            }
        }
        return width > 0 && width <= ParameterTable.CHUNK;
    }

    private void room(int width) {
        if (fixed.length != width) {
            padded = Math.ceilDiv(width, LANES) * LANES;
            z = new float[padded];
            n = new float[padded];
            values = new float[padded];
            terms = new float[padded];
            nextZ = new float[padded];
            nextN = new float[padded];
            nextValues = new float[padded];
            kept = new long[Math.ceilDiv(padded, Long.SIZE)];
            fixedBits = new long[kept.length];
            fixed = new int[width];
            others = new int[width];
        }
    }

    private static boolean isBounded(SampleBlock block) {
        int largest = 0;
        for (int f = 0; f < block.offset(block.size()); f++) {
            largest = Math.max(largest, Float.floatToRawIntBits(block.featureValue(f)) & Integer.MAX_VALUE);
        }
        for (int i = 0; i < block.size(); i++) {
            largest = Math.max(largest, Float.floatToRawIntBits(block.label(i)) & Integer.MAX_VALUE);
            largest = Math.max(largest, Float.floatToRawIntBits(block.weight(i)) & Integer.MAX_VALUE);
        }
        return largest <= LARGEST;
    }

    /** {@link Step#learn}, of a block that {@link #canLearn} was just asked of. */
    int learn(SampleBlock block, int[] samples, int count, float[] predictions, Step.Touched touched) {
        for (int k = 0; k < fixedCount; k++) {
            fixedKeys[k] = block.featureId(fixed[k]);
        }
        life.rowsFor(fixedKeys, ones, fixedCount, rows);
        for (int k = 0; k < fixedCount; k++) {
            read(rows[k], fixed[k]);
        }
        int learned = 0;
        int atOnce = othersCount == 0 ? count : ParameterTable.CHUNK / othersCount;
        for (int from = 0; from < count; from += atOnce) {
            int to = Math.min(count, from + atOnce);
            find(block, samples, from, to);
            System.arraycopy(fixedBits, 0, kept, 0, kept.length);
            readAhead(block, samples[from], 0);
            int unmarked = 0;
            for (int i = from; i < to; i++) {
                take();
                int first = (i - from) * othersCount;
                if (i + 1 < to) {
                    keep(first);
                    readAhead(block, samples[i + 1], first + othersCount);
                }
                predictions[i] = learn(block, samples[i], first);
                if (Float.isNaN(predictions[i])) {
                    touched.rows(keys, rows, unmarked, first - unmarked);
                    unmarked = first + othersCount;
                } else {
                    learned++;
                }
            }
            touched.rows(keys, rows, unmarked, (to - from) * othersCount - unmarked);
        }
        for (int k = 0; k < fixedCount && learned > 0; k++) {
            long row = table.find(fixedKeys[k]);
            if (row != ParameterTable.MISSING) {
                table.willChange(row);
                write(row, fixed[k]);
                touched.key(fixedKeys[k]);
            }
        }
        return learned;
    }

    private void find(SampleBlock block, int[] samples, int from, int to) {
        int size = 0;
        for (int i = from; i < to; i++) {
            int start = block.offset(samples[i]);
            for (int k = 0; k < othersCount; k++) {
                keys[size++] = block.featureId(start + others[k]);
            }
        }
        life.rowsFor(keys, ones, size, rows);
    }

    private void read(long row, int place) {
        boolean there = row != ParameterTable.MISSING;
        z[place] = there ? table.getFloat(row, RowLayout.Z) : 0f;
        n[place] = there ? table.getFloat(row, RowLayout.N) : 0f;
    }

    private void write(long row, int place) {
        table.setFloat(row, RowLayout.Z, z[place]);
        table.setFloat(row, RowLayout.N, n[place]);
    }

    /** @param first of its keys */
    private void readAhead(SampleBlock block, int sample, int first) {
        table.getPairs(rows, first, othersCount, RowLayout.Z, others, nextZ, nextN);
        block.values(block.offset(sample), fixedCount + othersCount, nextValues);
    }

    /** Notes which rows of the sample at {@code first} the one after it has too. */
    private void keep(int first) {
        System.arraycopy(fixedBits, 0, kept, 0, kept.length);
        int at = 0;
        long bits = fixedBits[0];
        for (int k = 0; k < othersCount; k++) {
            int word = others[k] >>> 6;
            if (word != at) {
                kept[at] = bits;
                at = word;
                bits = fixedBits[word];
            }
            long same = keys[first + k] == keys[first + k + othersCount] && rows[first + k] != ParameterTable.MISSING
                    ? 1
                    : 0;
            bits |= same << others[k];
        }
        kept[at] = bits;
    }

    /** What was read ahead is of the sample to be learned. */
    private void take() {
        float[] old = values;
        values = nextValues;
        nextValues = old;
        weight.terms(z, n, nextZ, nextN, kept, values, terms, padded);
    }

    /** Four sums side by side, since an addition waits for the one before; each fourth term is in one. */
    static float sum(float[] terms, int count) {
        float a = 0;
        float b = 0;
        float c = 0;
        float d = 0;
        int p = 0;
        for (; p + 3 < count; p += 4) {
            a += terms[p];
            b += terms[p + 1];
            c += terms[p + 2];
            d += terms[p + 3];
        }
        for (; p < count; p++) {
            a += terms[p];
        }
        return (a + b) + (c + d);
    }

    /** @param first of its keys */
    private float learn(SampleBlock block, int sample, int first) {
        int width = fixedCount + othersCount;
        float logit = sum(terms, width);
        double predicted = loss.predicted(logit, block.keepRate(sample));
        double error = (predicted - block.label(sample)) * SampleWeights.of(block, sample, logit);
        if (!Double.isFinite(error)) {
            return Float.NaN;
        }
        ftrl.stepSample(z, n, error, values, padded);
        table.setPairs(rows, first, othersCount, RowLayout.Z, others, z, n);
        return block.keepRate(sample) == 1 ? (float) predicted : model.output(logit);
    }
}
