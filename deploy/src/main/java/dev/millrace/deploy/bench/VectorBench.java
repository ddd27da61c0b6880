package dev.millrace.deploy.bench;

import com.github.luben.zstd.Zstd;
import dev.millrace.ingest.feature.EncodedImpression;
import dev.millrace.ingest.feature.FeatureVector;
import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.sample.SampleBlockBuilder;
import dev.millrace.ingest.sample.SampleBlockCodec;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.join.match.Label;
import dev.millrace.join.vector.Sample;
import dev.millrace.join.vector.SampleVectors;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Vectorization on one thread, by that thread's CPU time, which other work on the machine does not stretch: from an
 * impression's bytes as they stand in the state to blocks, compressed as the log keeps them. Beside it, from the same
 * samples and in turns with it, one protobuf message a sample, compressed in batches as large as the blocks.
 */
final class VectorBench {
    private static final int IMPRESSIONS = 5_000;
    private static final int BLOCK = 512;
    private static final int LEVEL = 1;
    private static final int ROUNDS = 15;
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private final ModelSpec spec;
    private final List<byte[]> impressions = new ArrayList<>();
    private final List<Label> labels = new ArrayList<>();
    private final List<Sample> samples = new ArrayList<>();

    VectorBench(ModelSpec spec) {
        this.spec = spec;
        JoinLoad load = new JoinLoad();
        for (int number = 0; number < IMPRESSIONS; number++) {
            impressions.add(load.impression(number, number).toByteArray());
        }
        for (int item = 0; item < JoinLoad.ITEMS; item++) {
            labels.add(Label.of(item, item == 0 ? 1f : 0f, item == 0 ? 1 : Label.NO_ACTION, item));
        }
        vectorize(samples::add);
    }

    private void vectorize(java.util.function.Consumer<Sample> out) {
        SampleVectors vectors = new SampleVectors(spec);
        for (byte[] bytes : impressions) {
            vectors.samples(EncodedImpression.trusted(bytes, 0, bytes.length), labels, out);
        }
    }

    /**
     * Samples a second of one core, and bytes a sample.
     *
     * @param toLog impression to compressed block
     * @param blocks sample to block, compressed
     * @param messages sample to message, compressed in batches
     * @param blocksRead compressed block to its columns
     * @param messagesRead compressed batch to one vector after the other
     */
    record Result(
            double features,
            double toLog,
            double vectors,
            double blocks,
            double messages,
            double blocksRead,
            double messagesRead,
            double blockBytes,
            double messageBytes,
            double blockZstdBytes,
            double messageZstdBytes) {}

    /** Something that handles all samples once. */
    private interface Pass {
        void run() throws IOException;
    }

    Result run() throws IOException {
        List<byte[]> blocks = new ArrayList<>();
        write(blocks);
        List<byte[]> messages = messages();
        List<byte[]> packed = compressed(blocks);
        List<byte[]> packedMessages = compressed(messages);
        double[] rates = rates(
                () -> {
                    Blocks out = new Blocks(spec, new ArrayList<>(), true);
                    vectorize(out::add);
                    out.flush();
                },
                () -> vectorize(sample -> {}),
                () -> {
                    Blocks out = new Blocks(spec, new ArrayList<>(), true);
                    samples.forEach(out::add);
                    out.flush();
                },
                () -> compressed(messages()),
                () -> readBlocks(packed, blocks),
                () -> readMessages(packedMessages, messages));
        double count = samples.size();
        return new Result(
                samples.stream().mapToInt(s -> s.vector().size()).sum() / count,
                rates[0],
                rates[1],
                rates[2],
                rates[3],
                rates[4],
                rates[5],
                bytes(blocks) / count,
                bytes(messages) / count,
                bytes(packed) / count,
                bytes(packedMessages) / count);
    }

    /** The median of each, all in turns. */
    private double[] rates(Pass... passes) throws IOException {
        double[][] seconds = new double[passes.length][ROUNDS];
        for (int round = 0; round < ROUNDS; round++) {
            for (int p = 0; p < passes.length; p++) {
                long startNs = THREADS.getCurrentThreadCpuTime();
                passes[p].run();
                seconds[p][round] = (THREADS.getCurrentThreadCpuTime() - startNs) / 1e9;
            }
        }
        return Arrays.stream(seconds)
                .mapToDouble(its -> samples.size() / Arrays.stream(its).sorted().toArray()[ROUNDS / 2])
                .toArray();
    }

    /** Blocks as BlockOperator fills them. */
    private static final class Blocks {
        private final ModelSpec spec;
        private final List<byte[]> out;
        private final boolean compress;
        private final SampleBlockBuilder builder = new SampleBlockBuilder();

        Blocks(ModelSpec spec, List<byte[]> out, boolean compress) {
            this.spec = spec;
            this.out = out;
            this.compress = compress;
        }

        void add(Sample sample) {
            builder.add(sample.meta(), sample.vector());
            if (builder.size() == BLOCK) {
                flush();
            }
        }

        void flush() {
            byte[] bytes = SampleBlockCodec.encode(
                    builder.build(new SampleBlock.Header(spec.model(), spec.fingerprint(), 1, 1)));
            out.add(compress ? Zstd.compress(bytes, LEVEL) : bytes);
        }
    }

    private void write(List<byte[]> blocks) {
        Blocks out = new Blocks(spec, blocks, false);
        samples.forEach(out::add);
        out.flush();
    }

    /** Batches, each message behind its length. */
    private List<byte[]> messages() throws IOException {
        List<byte[]> batches = new ArrayList<>();
        ByteArrayOutputStream batch = new ByteArrayOutputStream(1 << 18);
        int size = 0;
        for (Sample sample : samples) {
            byte[] message = SampleMessages.write(sample);
            batch.write(message.length >>> 8);
            batch.write(message.length);
            batch.write(message);
            if (++size == BLOCK) {
                batches.add(batch.toByteArray());
                batch.reset();
                size = 0;
            }
        }
        batches.add(batch.toByteArray());
        return batches;
    }

    private static List<byte[]> compressed(List<byte[]> parts) {
        return parts.stream().map(part -> Zstd.compress(part, LEVEL)).toList();
    }

    private static void readBlocks(List<byte[]> packed, List<byte[]> plain) {
        for (int i = 0; i < packed.size(); i++) {
            SampleBlock block = SampleBlockCodec.decode(Zstd.decompress(packed.get(i), plain.get(i).length));
            if (block.size() > BLOCK) {
                throw new IllegalStateException("a block of " + block.size());
            }
        }
    }

    private static void readMessages(List<byte[]> packed, List<byte[]> plain) throws IOException {
        FeatureVector vector = new FeatureVector();
        long sum = 0;
        for (int i = 0; i < packed.size(); i++) {
            byte[] batch = Zstd.decompress(packed.get(i), plain.get(i).length);
            for (int at = 0; at < batch.length; ) {
                int length = ((batch[at] & 0xFF) << 8) | (batch[at + 1] & 0xFF);
                sum += SampleMessages.read(batch, at + 2, length, vector);
                at += 2 + length;
            }
        }
        if (sum == 0) {
            throw new IllegalStateException("nothing was read");
        }
    }

    private static double bytes(List<byte[]> parts) {
        return parts.stream().mapToLong(part -> part.length).sum();
    }
}
