package dev.millrace.ps.delta;

import java.nio.ByteBuffer;

/**
 * The rows of a version 3 delta: those with a vector, and narrow ones, whose vector is all zeros, as of crosses and
 * tombstones, first and without it:
 *
 * <pre>
 *  i32 width · i32 narrow rows · i32 rows · i64 key[rows] · f32 weight[narrow] · f32 row[rows − narrow][width]
 * </pre>
 */
final class WideRows {
    private WideRows() {}

    static int bytes(Delta delta) {
        return 3 * Integer.BYTES + delta.keys().length * Long.BYTES + delta.weights().length * Float.BYTES;
    }

    static void encode(Delta delta, ByteBuffer out) {
        int rows = delta.keys().length;
        int width = delta.width();
        boolean[] isNarrow = new boolean[rows];
        int narrow = 0;
        for (int i = 0; i < rows; i++) {
            isNarrow[i] = isNarrow(delta, i);
            narrow += isNarrow[i] ? 1 : 0;
        }
        out.putInt(width).putInt(narrow).putInt(rows);
        for (int pass = 0; pass < 2; pass++) {
            for (int i = 0; i < rows; i++) {
                if (isNarrow[i] == (pass == 0)) {
                    out.putLong(delta.keys()[i]);
                }
            }
        }
        for (int pass = 0; pass < 2; pass++) {
            int floats = pass == 0 ? 1 : width;
            for (int i = 0; i < rows; i++) {
                if (isNarrow[i] == (pass == 0)) {
                    out.asFloatBuffer().put(delta.weights(), delta.at(i), floats);
                    out.position(out.position() + floats * Float.BYTES);
                }
            }
        }
    }

    private static boolean isNarrow(Delta delta, int i) {
        for (int f = 1; f < delta.width(); f++) {
            if (Float.floatToRawIntBits(delta.weights()[delta.at(i) + f]) != 0) {
                return false;
            }
        }
        return true;
    }

    static Delta decode(Delta.Header header, ByteBuffer in) {
        int width = in.getInt();
        int narrow = in.getInt();
        int rows = in.getInt();
        DeltaCodec.check(width, width >= 1, "floats a row", in);
        DeltaCodec.check(narrow, narrow <= rows, "narrow rows", in);
        long bytes = (long) rows * Long.BYTES + ((long) narrow + ((long) rows - narrow) * width) * Float.BYTES;
        DeltaCodec.check(rows, bytes == in.remaining() && (long) rows * width <= Integer.MAX_VALUE, "rows", in);
        long[] keys = new long[rows];
        in.asLongBuffer().get(keys);
        in.position(in.position() + rows * Long.BYTES);
        float[] weights = new float[rows * width];
        for (int i = 0; i < narrow; i++) {
            weights[i * width] = in.getFloat();
        }
        in.asFloatBuffer().get(weights, narrow * width, (rows - narrow) * width);
        return new Delta(header, width, keys, weights);
    }
}
