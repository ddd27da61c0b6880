package dev.millrace.ingest.source;

import com.github.luben.zstd.Zstd;
import dev.millrace.ingest.sample.ColumnarCodec;
import dev.millrace.ingest.sample.SampleBlock;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Makes the compressed bytes of blocks. One thread. */
public final class BlockEncoder {
    /** Fast: data is written once and read often, but not waited for. */
    private static final int LEVEL = 1;

    private byte[] raw = new byte[1 << 16];
    private byte[] compressed = new byte[1 << 16];

    /** A block's bytes, {@code bytes[0 .. length-1]}, until the next is made. */
    @SuppressWarnings("ArrayRecordComponent") // handed on at once, never compared
    public record Encoded(byte[] bytes, int length, int rawBytes, int samples, int checksum) {}

    public Encoded encode(SampleBlock block) throws IOException {
        int most = ColumnarCodec.maxBytes(block);
        if (raw.length < most) {
            raw = new byte[most];
        }
        ByteBuffer encoded = ByteBuffer.wrap(raw).order(ByteOrder.LITTLE_ENDIAN);
        ColumnarCodec.encode(block, encoded);
        int rawBytes = encoded.position();
        int bound = Math.toIntExact(Zstd.compressBound(rawBytes));
        if (compressed.length < bound) {
            compressed = new byte[bound];
        }
        long length = Zstd.compressByteArray(compressed, 0, compressed.length, raw, 0, rawBytes, LEVEL);
        if (Zstd.isError(length)) {
            throw new IOException("compressing a block of " + rawBytes + " bytes: " + Zstd.getErrorName(length));
        }
        return new Encoded(
                compressed, (int) length, rawBytes, block.size(), BlockFile.checksum(compressed, 0, (int) length));
    }
}
