package dev.millrace.ingest.source;

import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.spec.ModelSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Converts a bulk source into block files: workers read, vectorize and compress, and append by turns. One use.
 *
 * <pre>
 *  field           written by                    guard
 *  out, part, …    whoever appends               this
 *  turn            whoever has appended          this: in order, the worker whose split is next
 * </pre>
 */
public final class BlockConverter {
    private final BulkSource source;
    private final ModelSpec spec;
    private final Path folder;
    private final Config config;
    private @Nullable BlockFileWriter out;
    private int part;
    private long turn;
    private boolean failed;
    private long samples;
    private long rawBytes;
    private long bytes;
    private final AtomicLong readNs = new AtomicLong();
    private final AtomicLong encodeNs = new AtomicLong();

    /**
     * @param workers threads
     * @param inOrder whether samples stay in the files' order; otherwise each worker has its own files first
     * @param fileBytes after which another file begins
     */
    public record Config(int workers, boolean inOrder, long fileBytes) {
        public Config {
            if (workers < 1 || workers > 64) {
                throw new IllegalArgumentException("workers must be between 1 and 64, not " + workers);
            }
            if (fileBytes < 1 << 20) {
                throw new IllegalArgumentException("fileBytes must be at least 1 MiB, not " + fileBytes);
            }
        }
    }

    /**
     * @param rawBytes of the columns before compression
     * @param bytes of the files
     * @param readNs time of all workers in reading and vectorizing
     * @param encodeNs time of all workers in making columns and compressing them
     */
    public record Result(long samples, long rawBytes, long bytes, int files, long readNs, long encodeNs) {}

    /** @param folder made if it does not exist; it must hold no block files yet */
    public BlockConverter(BulkSource source, ModelSpec spec, Path folder, Config config) {
        this.source = source;
        this.spec = spec;
        this.folder = folder;
        this.config = config;
    }

    /**
     * @param progress told the bytes read so far, by any worker
     * @throws IOException as the readers do; the files written until then stay
     */
    public Result run(LongConsumer progress) throws IOException, InterruptedException {
        Files.createDirectories(folder);
        try (var found = Files.list(folder)) {
            if (found.anyMatch(file -> file.toString().endsWith("." + SourceFormat.BLOCKS.ending()))) {
                throw new DataException(folder + ": holds block files already; give another folder");
            }
        }
        Splits splits = config.inOrder()
                ? Splits.inOrder(source.splits(), config.workers())
                : Splits.ownFilesFirst(source.splits(), config.workers());
        try {
            Workers.run(config.workers(), "convert", worker -> work(worker, splits, progress), this::fail);
            endFile();
        } finally {
            abandon();
        }
        return new Result(samples, rawBytes, bytes, part, readNs.get(), encodeNs.get());
    }

    private synchronized void fail() {
        failed = true;
        notifyAll();
    }

    private void work(int worker, Splits splits, LongConsumer progress) throws IOException, InterruptedException {
        SplitReader reader = source.reader();
        BlockEncoder encoder = new BlockEncoder();
        long mine = worker;
        for (Split split = splits.claim(worker); split != null; split = splits.claim(worker)) {
            reader.open(split);
            long startNs = System.nanoTime();
            List<SampleBlock> blocks = blocks(reader);
            readNs.addAndGet(System.nanoTime() - startNs);
            append(blocks, encoder, mine);
            mine += config.workers();
            progress.accept(splits.claimedBytes());
        }
    }

    private static List<SampleBlock> blocks(SplitReader reader) throws IOException {
        List<SampleBlock> blocks = new ArrayList<>(1);
        for (SampleBlock block = reader.next(); block != null; block = reader.next()) {
            blocks.add(block);
        }
        return blocks;
    }

    private void append(List<SampleBlock> blocks, BlockEncoder encoder, long mine)
            throws IOException, InterruptedException {
        for (int i = 0; i < blocks.size(); i++) {
            long startNs = System.nanoTime();
            BlockEncoder.Encoded encoded = encoder.encode(blocks.get(i));
            encodeNs.addAndGet(System.nanoTime() - startNs);
            append(encoded, mine, i == blocks.size() - 1);
        }
        if (blocks.isEmpty()) {
            synchronized (this) {
                awaitTurn(mine);
                endTurn();
            }
        }
    }

    private synchronized void append(BlockEncoder.Encoded block, long mine, boolean last)
            throws IOException, InterruptedException {
        awaitTurn(mine);
        BlockFileWriter to = out;
        if (to == null) {
            to = new BlockFileWriter(
                    folder.resolve(String.format(Locale.ROOT, "part-%05d.%s", part, SourceFormat.BLOCKS.ending())),
                    spec);
            out = to;
            part++;
        }
        to.write(block);
        if (to.bytes() >= config.fileBytes()) {
            endFile();
        }
        if (last) {
            endTurn();
        }
    }

    private synchronized void awaitTurn(long mine) throws InterruptedException {
        while (config.inOrder() && turn != mine && !failed) {
            wait();
        }
        if (failed) {
            throw new CancellationException("another worker failed");
        }
    }

    private synchronized void endTurn() {
        turn++;
        notifyAll();
    }

    private synchronized void endFile() throws IOException {
        BlockFileWriter file = out;
        if (file != null) {
            file.finish();
            samples += file.samples();
            rawBytes += file.rawBytes();
            bytes += file.bytes();
            out = null;
        }
    }

    private synchronized void abandon() throws IOException {
        if (out != null) {
            out.close();
            out = null;
        }
    }
}
