package dev.millrace.ingest.source;

import dev.millrace.ingest.sample.ColumnarCodec;
import dev.millrace.ingest.spec.ModelSpec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** Writes a {@link BlockFile}, which is seen under its name once it is whole. One thread. */
public final class BlockFileWriter implements AutoCloseable {
    private final Path target;
    private final Path unfinished;
    private final ModelSpec spec;
    private final FileChannel out;
    private final List<BlockFile.Block> blocks = new ArrayList<>();
    private final SortedMap<Integer, BlockFile.Range> log = new TreeMap<>();
    private long position;
    private long samples;
    private long rawBytes;

    public BlockFileWriter(Path target, ModelSpec spec) throws IOException {
        this.target = target;
        this.spec = spec;
        unfinished = target.resolveSibling("." + target.getFileName() + ".unfinished");
        out = FileChannel.open(
                unfinished, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE);
        ByteBuffer magic = ColumnarCodec.buffer(Long.BYTES).putLong(BlockFile.MAGIC);
        write(magic.flip());
    }

    /** Appends a block of the spec's model, if it has any samples. */
    public void write(BlockEncoder.Encoded block) throws IOException {
        if (block.samples() == 0) {
            return;
        }
        blocks.add(new BlockFile.Block(position, block.length(), block.rawBytes(), block.samples(), block.checksum()));
        write(ByteBuffer.wrap(block.bytes(), 0, block.length()));
        samples += block.samples();
        rawBytes += block.rawBytes();
    }

    /** All samples of these records of the log are in the file. */
    public void include(int partition, BlockFile.Range range) {
        log.put(partition, range);
    }

    private void write(ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            position += out.write(bytes);
        }
    }

    public long samples() {
        return samples;
    }

    /** Of the blocks before compression. */
    public long rawBytes() {
        return rawBytes;
    }

    /** Written so far. */
    public long bytes() {
        return position;
    }

    /** Writes the index and publishes the file, durably. */
    public void finish() throws IOException {
        BlockFile file = new BlockFile(spec.model(), spec.vectorFingerprint(), samples, log, blocks);
        ByteBuffer index = file.indexBytes();
        int length = index.remaining();
        ByteBuffer footer = ColumnarCodec.buffer(BlockFile.FOOTER)
                .putLong(position)
                .putInt(length)
                .putInt(BlockFile.checksum(index))
                .putLong(BlockFile.MAGIC);
        write(index);
        write(footer.flip());
        out.force(true);
        out.close();
        Files.move(unfinished, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /** Without {@link #finish} before, nothing stays. */
    @Override
    public void close() throws IOException {
        out.close();
        Files.deleteIfExists(unfinished);
    }
}
