package dev.millrace.api.monitor.window;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Sums of what one slot was filled with: how often, with nothing, with what the weights know, and a spread of its values. */
final class SlotSums {
    private static final int BINS = 32;
    private static final int ZERO = 16;
    private static final int FARTHEST = 14;
    private static final int LEAST_EXPONENT = -7;

    long looked;
    long nulls;
    long known;
    long unknown;
    private final long[] values = new long[BINS];

    /** A category, token or bin: a bin of the spread by its hash. */
    void category(long featureId) {
        values[(int) (featureId & (BINS - 1))]++;
    }

    /** A number: a bin by its sign and power of two, within 2⁻⁷..2⁷. */
    void number(float value) {
        int far = Math.clamp(Math.getExponent(value) - LEAST_EXPONENT, 0, FARTHEST);
        int bin = ZERO;
        if (value > 0) {
            bin = ZERO + 1 + far;
        } else if (value < 0) {
            bin = ZERO - 1 - far;
        }
        values[bin]++;
    }

    List<Double> spread() {
        List<Double> spread = new ArrayList<>();
        for (long value : values) {
            spread.add((double) value);
        }
        return spread;
    }

    void merge(SlotSums other) {
        looked += other.looked;
        nulls += other.nulls;
        known += other.known;
        unknown += other.unknown;
        for (int i = 0; i < BINS; i++) {
            values[i] += other.values[i];
        }
    }

    void write(CodedOutputStream out) throws IOException {
        for (long sum : new long[] {looked, nulls, known, unknown}) {
            out.writeUInt64NoTag(sum);
        }
        for (long value : values) {
            out.writeUInt64NoTag(value);
        }
    }

    static SlotSums read(CodedInputStream in) throws IOException {
        SlotSums sums = new SlotSums();
        sums.looked = in.readUInt64();
        sums.nulls = in.readUInt64();
        sums.known = in.readUInt64();
        sums.unknown = in.readUInt64();
        for (int i = 0; i < BINS; i++) {
            sums.values[i] = in.readUInt64();
        }
        return sums;
    }

    @Override
    public String toString() {
        return looked + "/" + nulls + "/" + known + "/" + unknown + Arrays.toString(values);
    }
}
