package dev.millrace.learner.remote.push;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * One shard's part of a batch, flat, little endian, version 1; of a model with embeddings version 2. The batch is records {@code first .. next-1} of one
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
 *  version 2, at 56: i32 rows with vectors, the first of the gradient rows · i32 floats of layers
 *  and behind all rows: Σg of those vectors, row by row · Σg of the layers
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
    static final int WITH_VECTORS = 2;

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
        int version = this.bytes.getInt(at);
        if (version != VERSION && version != WITH_VECTORS) {
            throw new IllegalArgumentException(
                    "push: version " + version + ", known are " + VERSION + " and " + WITH_VECTORS);
        }
        if (gradientRows() < 0
                || meanRows() < 0
                || embeddedRows() < 0
                || embeddedRows() > gradientRows()
                || layerFloats() < 0
                || !hasRoom(size)
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

    private boolean hasRoom(int size) {
        long rows = HEADER + ((long) gradientRows() + meanRows()) * ROW;
        long vectors = size - rows - (long) Float.BYTES * layerFloats();
        return embeddedRows() == 0 ? vectors == 0 : vectors > 0 && vectors % (Float.BYTES * embeddedRows()) == 0;
    }

    private boolean isOfVectors() {
        return bytes.getInt(at) == WITH_VECTORS;
    }

    /** Gradient rows that have a vector's gradient too: the first ones. */
    public int embeddedRows() {
        return isOfVectors() ? bytes.getInt(at + 56) : 0;
    }

    /** Of the layers' gradient, where it has one. */
    public int layerFloats() {
        return isOfVectors() ? bytes.getInt(at + 60) : 0;
    }

    /** Whether the vectors are that long. */
    boolean hasVectorsOf(int dim) {
        return vectors() + Float.BYTES * ((long) embeddedRows() * dim + layerFloats()) == bytes.limit();
    }

    private int vectors() {
        return row(gradientRows() + meanRows());
    }

    /** Σg of the i-th row's vector. */
    void gradient(int i, int dim, float[] to) {
        int from = vectors() + i * dim * Float.BYTES;
        for (int f = 0; f < dim; f++) {
            to[f] = bytes.getFloat(from + f * Float.BYTES);
        }
    }

    /** Σg of the layers. */
    void layerGradient(float[] to) {
        int from = bytes.limit() - layerFloats() * Float.BYTES;
        bytes.slice(from, bytes.limit() - from)
                .order(ByteOrder.LITTLE_ENDIAN)
                .asFloatBuffer()
                .get(to, 0, layerFloats());
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
