package dev.millrace.learner.bulk;

import dev.millrace.ingest.feature.FeatureVector;
import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.sample.SampleBlockBuilder;
import dev.millrace.ingest.source.BlockEncoder;
import dev.millrace.ingest.source.BlockFile;
import dev.millrace.ingest.source.BlockFileWriter;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.learner.source.SampleLog;
import dev.millrace.learner.training.RecentIds;
import dev.millrace.ps.version.Stretch;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * Copies the samples that the log has into a block file, each once, as the online learner would learn them: records of
 * other specs and samples that the join sent again are left out. One use.
 */
public final class LogArchive {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    /** Records read at once. */
    private static final int BATCH = 10_000;

    private static final int BLOCK_SAMPLES = 4096;
    private static final int RECENT_IDS = 1 << 20;

    private final long fingerprint;
    private final ModelSpec spec;
    private final Part part;
    private final BlockFileWriter out;
    private final BlockEncoder encoder = new BlockEncoder();
    private final SampleBlockBuilder builder = new SampleBlockBuilder();
    private final FeatureVector scratch = new FeatureVector();
    private final RecentIds recent = new RecentIds(RECENT_IDS);
    private long joinedMs;
    private long watermarkMs = Long.MIN_VALUE;
    private long duplicates;
    private long refused;

    /** @param offsets samples partition to the first record that is not in the file */
    public record Result(long samples, long duplicates, long refused, long bytes, SortedMap<Integer, Long> offsets) {}

    private LogArchive(ModelSpec spec, Part part, BlockFileWriter out) {
        this.spec = spec;
        this.part = part;
        this.fingerprint = spec.fingerprint();
        this.out = out;
    }

    /**
     * Which records.
     *
     * @param from samples partition to the first one; a partition that is not named begins where the log does
     * @param to the first one that is not; a partition that is not named ends where the log does now
     * @param without records that are left out
     */
    public record Part(Map<Integer, Long> from, Map<Integer, Long> to, List<Stretch> without) {
        public static final Part ALL = new Part(Map.of(), Map.of(), List.of());

        public Part {
            from = Map.copyOf(from);
            to = Map.copyOf(to);
            without = List.copyOf(without);
        }
    }

    /** @param file replaced when it exists */
    public static Result write(String bootstrapServers, ModelSpec spec, Path file) throws IOException {
        return write(bootstrapServers, spec, Part.ALL, file);
    }

    /** The same of a part of the log; what of it is no longer there is not in the file. */
    public static Result write(String bootstrapServers, ModelSpec spec, Part part, Path file) throws IOException {
        try (SampleLog log = new SampleLog(bootstrapServers, spec.model(), BATCH);
                BlockFileWriter out = new BlockFileWriter(file, spec)) {
            return new LogArchive(spec, part, out).copy(log);
        }
    }

    /** The record of each partition before which a share of the part's records lies. */
    public static SortedMap<Integer, Long> cut(String bootstrapServers, ModelSpec spec, Part part, double share) {
        SortedMap<Integer, Long> cut = new TreeMap<>();
        try (SampleLog log = new SampleLog(bootstrapServers, spec.model(), 1)) {
            for (SampleLog.Extent extent : log.extents()) {
                long from = first(part, extent);
                cut.put(extent.partition(), from + (long) (share * (end(part, extent) - from)));
            }
        }
        return cut;
    }

    private static long end(Part part, SampleLog.Extent extent) {
        return Math.min(extent.end(), part.to().getOrDefault(extent.partition(), Long.MAX_VALUE));
    }

    private static long first(Part part, SampleLog.Extent extent) {
        long from = Math.max(extent.beginning(), part.from().getOrDefault(extent.partition(), 0L));
        return Math.min(end(part, extent), from);
    }

    private Result copy(SampleLog log) throws IOException {
        SortedMap<Integer, Long> beginnings = new TreeMap<>();
        SortedMap<Integer, Long> ends = new TreeMap<>();
        for (SampleLog.Extent extent : log.extents()) {
            beginnings.put(extent.partition(), first(part, extent));
            ends.put(extent.partition(), end(part, extent));
        }
        log.seek(partition -> beginnings.getOrDefault(partition, 0L));
        for (var end : ends.entrySet()) {
            int partition = end.getKey();
            long from = beginnings.getOrDefault(partition, 0L);
            for (long at = from; at < end.getValue(); ) {
                long to = Math.min(end.getValue(), at + BATCH);
                for (ConsumerRecord<byte[], byte[]> record : log.readTo(partition, to, PATIENCE)) {
                    if (!Stretch.contain(part.without(), partition, record.offset())) {
                        add(record);
                    }
                }
                at = to;
            }
            out.include(partition, new BlockFile.Range(from, end.getValue()));
        }
        flush();
        out.finish();
        return new Result(out.samples(), duplicates, refused, out.bytes(), ends);
    }

    private void add(ConsumerRecord<byte[], byte[]> record) throws IOException {
        SampleBlock block = SampleLog.decode(record);
        if (block == null || block.header().specFingerprint() != fingerprint) {
            refused += block == null ? 1 : block.size();
            return;
        }
        joinedMs = Math.max(joinedMs, block.header().joinedMs());
        watermarkMs = Math.max(watermarkMs, block.header().watermarkMs());
        for (int i = 0; i < block.size(); i++) {
            if (block.isCanary(i)) {
                continue;
            }
            if (recent.add(block.sampleId(i))) {
                builder.add(block, i, scratch);
            } else {
                duplicates++;
            }
        }
        if (builder.size() >= BLOCK_SAMPLES) {
            flush();
        }
    }

    private void flush() throws IOException {
        if (builder.size() > 0) {
            out.write(encoder.encode(
                    builder.build(new SampleBlock.Header(spec.model(), fingerprint, joinedMs, watermarkMs))));
        }
    }
}
