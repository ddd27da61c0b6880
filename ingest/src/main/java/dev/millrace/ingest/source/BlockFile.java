package dev.millrace.ingest.source;

import dev.millrace.ingest.spec.ModelSpec;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.zip.CRC32C;

/**
 * A file of columnar compressed sample blocks of one model, version 1, little endian:
 *
 * <pre>
 *  i64 magic "MRBLOCK1"
 *  block*   Zstandard of {@link dev.millrace.ingest.sample.ColumnarCodec}'s bytes
 *  index    u16 model length · model UTF-8 · i64 fingerprint of vectors · i64 samples
 *           i32 partitions · { i32 partition · i64 from · i64 to }     records of the log that are in it
 *           i32 blocks · { i64 offset · i32 bytes · i32 raw bytes · i32 samples · i32 CRC-32C of the bytes }
 *  footer   i64 index offset · i32 index bytes · i32 CRC-32C of the index · i64 magic
 * </pre>
 *
 * @param model that it was made for
 * @param vectorFingerprint of that model
 * @param log samples partition to the records that the file has all samples of
 */
public record BlockFile(
        String model, long vectorFingerprint, long samples, SortedMap<Integer, Range> log, List<Block> blocks) {
    static final long MAGIC = ByteBuffer.wrap("MRBLOCK1".getBytes(StandardCharsets.US_ASCII))
            .order(ByteOrder.LITTLE_ENDIAN)
            .getLong();
    static final int FOOTER = 2 * Long.BYTES + 2 * Integer.BYTES;
    /** Of a block's bytes and raw bytes. */
    static final int MAX_BLOCK = 256 << 20;

    private static final int MAX_INDEX = 256 << 20;

    /** Records {@code from .. to-1} of a partition. */
    public record Range(long from, long to) {}

    /** Where a block lies. */
    record Block(long offset, int bytes, int rawBytes, int samples, int checksum) {}

    /** @throws DataException when it is no such file, or a damaged one */
    public static BlockFile read(DataFiles files, DataFile file) throws IOException {
        if (file.bytes() < Long.BYTES + FOOTER) {
            throw damaged(file, "too short to be a block file");
        }
        ByteBuffer footer = bytes(files, file, file.bytes() - FOOTER, FOOTER);
        long offset = footer.getLong();
        int length = footer.getInt();
        int checksum = footer.getInt();
        if (footer.getLong() != MAGIC) {
            throw damaged(file, "no block file of version 1, or cut short");
        }
        if (offset < 0 || length < 0 || length > MAX_INDEX || offset + length + FOOTER != file.bytes()) {
            throw damaged(file, "its index is not where it should be");
        }
        ByteBuffer index = bytes(files, file, offset, length);
        if (checksum(index) != checksum) {
            throw damaged(file, "its index is damaged");
        }
        try {
            return index(index);
        } catch (BufferUnderflowException e) {
            throw damaged(file, "its index ends too early");
        }
    }

    static DataException damaged(DataFile file, String what) {
        return new DataException(file.name() + ": " + what);
    }

    static ByteBuffer bytes(DataFiles files, DataFile file, long offset, int length) throws IOException {
        byte[] bytes = new byte[length];
        if (files.read(file, offset, bytes, 0, length) != length) {
            throw damaged(file, "ends too early");
        }
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    static int checksum(byte[] bytes, int from, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, from, length);
        return (int) crc.getValue();
    }

    /** Of what remains in it. */
    static int checksum(ByteBuffer bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes.duplicate());
        return (int) crc.getValue();
    }

    private static BlockFile index(ByteBuffer in) {
        byte[] model = new byte[Short.toUnsignedInt(in.getShort())];
        in.get(model);
        long fingerprint = in.getLong();
        long samples = in.getLong();
        SortedMap<Integer, Range> log = new TreeMap<>();
        for (int n = in.getInt(); n > 0; n--) {
            log.put(in.getInt(), new Range(in.getLong(), in.getLong()));
        }
        List<Block> blocks = new ArrayList<>();
        for (int n = in.getInt(); n > 0; n--) {
            blocks.add(new Block(in.getLong(), in.getInt(), in.getInt(), in.getInt(), in.getInt()));
        }
        return new BlockFile(new String(model, StandardCharsets.UTF_8), fingerprint, samples, log, blocks);
    }

    ByteBuffer indexBytes() {
        byte[] name = model.getBytes(StandardCharsets.UTF_8);
        ByteBuffer out = ByteBuffer.allocate(2 + name.length + 16 + 4 + 20 * log.size() + 4 + 24 * blocks.size())
                .order(ByteOrder.LITTLE_ENDIAN);
        out.putShort((short) name.length).put(name).putLong(vectorFingerprint).putLong(samples);
        out.putInt(log.size());
        log.forEach((partition, range) ->
                out.putInt(partition).putLong(range.from()).putLong(range.to()));
        out.putInt(blocks.size());
        for (Block block : blocks) {
            out.putLong(block.offset()).putInt(block.bytes()).putInt(block.rawBytes());
            out.putInt(block.samples()).putInt(block.checksum());
        }
        return out.flip();
    }

    /** @throws DataException when its vectors are not those of this model */
    void check(ModelSpec spec, DataFile file) throws DataException {
        if (vectorFingerprint != spec.vectorFingerprint()) {
            throw damaged(
                    file,
                    "was converted for other slots or crosses (model '" + model + "') than model '" + spec.model()
                            + "' has; convert the data again");
        }
    }
}
