package dev.millrace.learner.remote.push;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * One shard's part of a batch, flat, little endian, version 1. The batch is records {@code first .. next-1} of one
 * partition of the samples topic.
 *
 * <pre>
 *  0         4           8       16      24            32        36           40        44
 *  +---------+-----------+-------+-------+-------------+---------+------------+---------+
 *  | version | partition | first | next  | watermarkMs | samples | duplicates | refused |
 *  +---------+-----------+-------+-------+-------------+---------+------------+---------+
 *  44              48             52                  56
 *  +---------------+--------------+-------------------+--------+   then the gradient rows, then the rows of means
 *  | gradient rows | rows of means| refused gradients | unused |
 *  +---------------+--------------+-------------------+--------+   64 bytes
 *
 *  row  0     8        16         20         24      28             32
 *       +-----+--------+----------+----------+-------+--------------+
 *       | key | id sum | Σg, mean | Σg², M2  | count | event second |
 *       +-----+--------+----------+----------+-------+--------------+
 * </pre>
 *
 * A view; the buffer stays the giver's.
 */
public final class Push {
    public static final int HEADER = 64;
    public static final int ROW = 32;
    static final int VERSION = 1;

    private final ByteBuffer bytes;
    private final int at;

    /**
     * @param bytes from its position to its limit
     * @throws IllegalArgumentException when they are no whole push of a known version
     */
    public Push(ByteBuffer bytes) {
        this.bytes = bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        this.at = bytes.position();
        int size = bytes.remaining();
        if (size < HEADER) {
            throw new IllegalArgumentException("push: cut short at " + size + " bytes");
        }
        if (this.bytes.getInt(at) != VERSION) {
            throw new IllegalArgumentException("push: version " + this.bytes.getInt(at) + ", known is " + VERSION);
        }
        if (gradientRows() < 0
                || meanRows() < 0
                || HEADER + ((long) gradientRows() + meanRows()) * ROW != size
                || first() < 0
                || next() <= first()
                || partition() < 0
                || samples() < 0
                || duplicates() < 0
                || refused() < 0) {
            throw new IllegalArgumentException("push: records " + first() + ".." + next() + " of partition "
                    + partition() + ", " + gradientRows() + " + " + meanRows() + " rows in " + size + " bytes");
        }
    }

    public int partition() {
        return bytes.getInt(at + 4);
    }

    /** Offset of the batch's first record. */
    public long first() {
        return bytes.getLong(at + 8);
    }

    /** Offset after its last record. */
    public long next() {
        return bytes.getLong(at + 16);
    }

    public long watermarkMs() {
        return bytes.getLong(at + 24);
    }

    /** Samples of the batch that were learned. */
    public int samples() {
        return bytes.getInt(at + 32);
    }

    /** Samples that came again. */
    public int duplicates() {
        return bytes.getInt(at + 36);
    }

    /** Samples and records that could not be learned. */
    public int refused() {
        return bytes.getInt(at + 40);
    }

    public int gradientRows() {
        return bytes.getInt(at + 44);
    }

    public int meanRows() {
        return bytes.getInt(at + 48);
    }

    /** Gradients that the worker left out since they were not finite. */
    public int refusedGradients() {
        return bytes.getInt(at + 52);
    }

    private int row(int i) {
        return at + HEADER + i * ROW;
    }

    long key(int i) {
        return bytes.getLong(row(i));
    }

    long idSum(int i) {
        return bytes.getLong(row(i) + 8);
    }

    float first(int i) {
        return bytes.getFloat(row(i) + 16);
    }

    float second(int i) {
        return bytes.getFloat(row(i) + 20);
    }

    int count(int i) {
        return bytes.getInt(row(i) + 24);
    }

    int eventSecond(int i) {
        return bytes.getInt(row(i) + 28);
    }
}
