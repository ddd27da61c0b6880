package dev.millrace.learner.remote.protocol;

import java.nio.ByteBuffer;

/**
 * The first 32 bytes of each request, little endian.
 *
 * <pre>
 *  0             8             16            24      28
 *  +-------------+-------------+-------------+-------+--------+
 *  | fingerprint | map version | incarnation | shard | unused |
 *  +-------------+-------------+-------------+-------+--------+
 * </pre>
 *
 * @param fingerprint of the model's spec
 * @param mapVersion of the shard map by which the shard was found
 * @param incarnation what the shard's hello answered; 0 where the operation needs none. A shard that was restored from a
 *     snapshot is another incarnation, so that nothing meant for the one before reaches it unawares
 */
public record Envelope(long fingerprint, long mapVersion, long incarnation, int shard) {
    public static final int BYTES = 32;

    public void write(ByteBuffer target) {
        target.putLong(fingerprint).putLong(mapVersion).putLong(incarnation);
        target.putInt(shard).putInt(0);
    }

    /** @throws IllegalArgumentException when the bytes are too few */
    public static Envelope read(ByteBuffer source) {
        if (source.remaining() < BYTES) {
            throw new IllegalArgumentException("a request of " + source.remaining() + " bytes");
        }
        var envelope = new Envelope(source.getLong(), source.getLong(), source.getLong(), source.getInt());
        source.getInt();
        return envelope;
    }
}
