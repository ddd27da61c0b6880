package dev.millrace.join.flink;

import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.sample.SampleBlockBuilder;
import dev.millrace.ingest.sample.SampleBlockCodec;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.topic.Topics;
import dev.millrace.join.vector.Sample;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.apache.flink.metrics.Counter;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;

/**
 * Gathers the samples of each model into blocks. A block goes out when it is full, {@code linger} after its first
 * sample, and before every checkpoint: so it holds nothing that a checkpoint would have to keep. While
 * nothing is labelled an empty block now and then says how far event time has come.
 */
final class BlockOperator extends AbstractStreamOperator<TopicRecord>
        implements OneInputStreamOperator<Sample, TopicRecord> {
    private static final long serialVersionUID = 1;
    // Upper bounds of what SampleBlockCodec writes.
    private static final int HEADER_BYTES = 128;
    private static final int SAMPLE_BYTES = 64;
    private static final int FEATURE_BYTES = Long.BYTES + Float.BYTES;
    private static final long UNKNOWN = 0;
    /** A sample that alone has more is dropped and counted: no record could hold it. */
    private static final int MAX_SAMPLE_BYTES = Topics.MAX_RECORD_BYTES / 2;

    private final SpecTexts specs;
    private final Bounds bounds;
    private transient Map<String, Open> blocks;
    private transient Counter oversized;
    private transient long watermarkMs;
    private transient boolean timerSet;
    private transient Map<String, Long> sentWatermarksMs;

    /**
     * @param linger longest wait of a sample in an unfinished block
     * @param idle how often an empty block carries the watermark on while nothing is labelled
     * @param samples of a block, at most
     * @param bytes of a block of more than one sample, at most
     */
    record Bounds(Duration linger, Duration idle, int samples, int bytes) implements java.io.Serializable {}

    /** The block of one model that is being filled. */
    private record Open(long fingerprint, SampleBlockBuilder builder) {}

    @SuppressWarnings("NullAway.Init") // Flink calls open first
    BlockOperator(SpecTexts specs, Bounds bounds) {
        this.specs = specs;
        this.bounds = bounds;
    }

    @Override
    public void open() throws Exception {
        super.open();
        blocks = new HashMap<>();
        for (ModelSpec spec : specs.read()) {
            blocks.put(spec.model(), new Open(spec.fingerprint(), new SampleBlockBuilder()));
        }
        oversized = getMetricGroup().counter("oversized");
        watermarkMs = UNKNOWN;
        sentWatermarksMs = new HashMap<>();
        setIdleTimer();
    }

    private void setIdleTimer() {
        long nextMs =
                processingTimeService.getCurrentProcessingTime() + bounds.idle().toMillis();
        var unused = processingTimeService.registerTimer(nextMs, timeMs -> {
            blocks.forEach((model, block) -> {
                // Nothing went out since the last look, or it said less than what is known now.
                if (watermarkMs - sentWatermarksMs.getOrDefault(model, UNKNOWN)
                        >= bounds.idle().toMillis()) {
                    send(model, block);
                }
            });
            setIdleTimer();
        });
    }

    @Override
    public void processElement(StreamRecord<Sample> element) {
        Sample sample = element.getValue();
        Open block = blocks.get(sample.model());
        if (block == null) {
            throw new IllegalStateException("no spec of model '" + sample.model() + "'");
        }
        int features = sample.vector().size();
        if (bytes(1, features) > MAX_SAMPLE_BYTES) {
            oversized.inc();
            LOG.warn("dropped a sample of model '{}': {} features are too many for a record", sample.model(), features);
            return;
        }
        SampleBlockBuilder builder = block.builder();
        if (bytes(builder.size() + 1L, builder.features() + (long) features) > bounds.bytes()) {
            flush(sample.model(), block);
        }
        builder.add(sample.meta(), sample.vector());
        if (builder.size() >= bounds.samples()) {
            flush(sample.model(), block);
        } else {
            setTimer();
        }
    }

    private static long bytes(long samples, long features) {
        return HEADER_BYTES + samples * SAMPLE_BYTES + features * FEATURE_BYTES;
    }

    /** One timer serves all blocks: a block may go out sooner than it must, never later. */
    private void setTimer() {
        if (!timerSet) {
            timerSet = true;
            long nowMs = processingTimeService.getCurrentProcessingTime();
            var unused =
                    processingTimeService.registerTimer(nowMs + bounds.linger().toMillis(), timeMs -> {
                        timerSet = false;
                        flushAll();
                    });
        }
    }

    /** Samples that were dropped since the task began. */
    long oversized() {
        return oversized.getCount();
    }

    @Override
    public void processWatermark(Watermark mark) throws Exception {
        watermarkMs = mark.getTimestamp();
        super.processWatermark(mark);
    }

    @Override
    public void prepareSnapshotPreBarrier(long checkpointId) {
        flushAll();
    }

    @Override
    public void finish() throws Exception {
        flushAll();
        super.finish();
    }

    private void flushAll() {
        blocks.forEach(this::flush);
    }

    private void flush(String model, Open block) {
        if (block.builder().size() > 0) {
            send(model, block);
        }
    }

    private void send(String model, Open block) {
        long nowMs = processingTimeService.getCurrentProcessingTime();
        var header = new SampleBlock.Header(model, block.fingerprint(), nowMs, watermarkMs);
        byte[] bytes = SampleBlockCodec.encode(block.builder().build(header));
        output.collect(new StreamRecord<>(new TopicRecord(Topics.samples(model), bytes)));
        sentWatermarksMs.put(model, watermarkMs);
    }
}
