package dev.millrace.ingest.source;

import com.github.luben.zstd.Zstd;
import dev.millrace.ingest.sample.ColumnarCodec;
import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.spec.ModelSpec;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads the blocks of block files, whose checksums it looks at. */
final class BlockReader implements SplitReader {
    private final DataFiles files;
    private final ModelSpec spec;
    private final long fingerprint;
    private final Map<String, BlockFile> indexes;
    private byte[] compressed = new byte[1 << 16];
    private byte[] raw = new byte[1 << 16];
    private @Nullable DataFile file;
    private Iterator<BlockFile.Block> blocks = List.<BlockFile.Block>of().iterator();

    /** @param indexes of all files, by name */
    BlockReader(DataFiles files, ModelSpec spec, Map<String, BlockFile> indexes) {
        this.files = files;
        this.spec = spec;
        this.fingerprint = spec.fingerprint();
        this.indexes = new HashMap<>(indexes);
    }

    @Override
    public void open(Split split) throws IOException {
        BlockFile index = indexes.get(split.file().name());
        if (index == null) {
            throw new IllegalArgumentException(split + " is of another source");
        }
        file = split.file();
        blocks = index.blocks().stream()
                .filter(block -> block.offset() >= split.from() && block.offset() < split.to())
                .iterator();
    }

    @Override
    public @Nullable SampleBlock next() throws IOException {
        DataFile open = file;
        return open == null || !blocks.hasNext() ? null : read(open, blocks.next());
    }

    /** Labels of the first head alone are those of any model; others must be as many as the model has heads. */
    private SampleBlock checked(DataFile from, SampleBlock block) throws DataException {
        if (block.heads() > 1 && block.heads() != spec.heads().labels()) {
            throw new DataException(from.name() + ": its samples have labels of " + block.heads()
                    + " heads, the model has " + spec.heads().labels() + "; convert the data again");
        }
        return block;
    }

    private SampleBlock read(DataFile from, BlockFile.Block block) throws IOException {
        if (block.bytes() < 0
                || block.bytes() > BlockFile.MAX_BLOCK
                || block.rawBytes() < 0
                || block.rawBytes() > BlockFile.MAX_BLOCK) {
            throw BlockFile.damaged(from, "a block of " + block.bytes() + " bytes");
        }
        if (compressed.length < block.bytes()) {
            compressed = new byte[block.bytes()];
        }
        if (raw.length < block.rawBytes()) {
            raw = new byte[block.rawBytes()];
        }
        if (files.read(from, block.offset(), compressed, 0, block.bytes()) != block.bytes()
                || BlockFile.checksum(compressed, 0, block.bytes()) != block.checksum()
                || Zstd.decompressByteArray(raw, 0, block.rawBytes(), compressed, 0, block.bytes())
                        != block.rawBytes()) {
            throw BlockFile.damaged(from, "the block at byte " + block.offset() + " is damaged");
        }
        try {
            ByteBuffer in = ByteBuffer.wrap(raw, 0, block.rawBytes()).order(ByteOrder.LITTLE_ENDIAN);
            return checked(from, ColumnarCodec.decode(in, spec.model(), fingerprint));
        } catch (IllegalArgumentException | BufferUnderflowException | IndexOutOfBoundsException e) {
            throw new DataException(
                    from.name() + ": the block at byte " + block.offset() + " cannot be read: " + e.getMessage(), e);
        }
    }
}
