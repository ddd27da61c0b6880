package dev.millrace.join.flink;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.ingest.feature.FeatureVector;
import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.sample.SampleBlockBuilder;
import dev.millrace.ingest.sample.SampleBlockCodec;
import dev.millrace.ingest.topic.Topics;
import dev.millrace.join.Events;
import dev.millrace.join.vector.Sample;
import java.time.Duration;
import java.util.List;
import org.apache.flink.api.common.serialization.SerializerConfigImpl;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class BlockOperatorTest {
    private static final int SAMPLES = 4;
    private static final int BYTES = 2_000;

    private final OneInputStreamOperatorTestHarness<Sample, TopicRecord> harness = harness();

    private static OneInputStreamOperatorTestHarness<Sample, TopicRecord> harness() {
        try {
            SpecTexts specs = new SpecTexts(List.of(Events.YAML, Events.YAML.replace("model: m", "model: other")));
            var bounds = new BlockOperator.Bounds(Duration.ofMillis(5), Duration.ofSeconds(60), SAMPLES, BYTES);
            return new OneInputStreamOperatorTestHarness<>(new BlockOperator(specs, bounds));
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    @BeforeEach
    void open() throws Exception {
        harness.setProcessingTime(1_000);
        harness.setup(Wires.TOPIC_RECORD.createSerializer(new SerializerConfigImpl()));
        harness.open();
    }

    @AfterEach
    void close() throws Exception {
        harness.close();
    }

    private void add(String model, long sampleId, int features) throws Exception {
        FeatureVector vector = new FeatureVector();
        for (int i = 0; i < features; i++) {
            vector.add(i + 1L, 0.5f);
        }
        var meta = new SampleBlockBuilder.Meta(sampleId, 2, 3, 1f, 1f, 1f, 0.5f, 7, 900);
        harness.processElement(new Sample(model, meta, vector), 0);
    }

    private List<SampleBlock> blocks() {
        return harness.extractOutputValues().stream()
                .map(r -> SampleBlockCodec.decode(r.value()))
                .toList();
    }

    private List<Integer> sizes() {
        return blocks().stream().map(SampleBlock::size).toList();
    }

    @Test
    void aFullBlockLeavesAtOnce() throws Exception {
        for (int i = 0; i < SAMPLES + 1; i++) {
            add("m", i, 3);
        }
        assertEquals(List.of(SAMPLES), sizes());
    }

    @Test
    void aBlockLeavesWhenItsFirstSampleHasLingered() throws Exception {
        add("m", 1, 3);
        harness.setProcessingTime(1_003);
        add("m", 2, 3);
        harness.setProcessingTime(1_004);
        assertEquals(List.of(), sizes());
        harness.setProcessingTime(1_005);
        assertEquals(List.of(2), sizes());
        add("m", 3, 3);
        harness.setProcessingTime(1_010);
        assertEquals(List.of(2, 1), sizes());
    }

    @Test
    void nothingIsHeldOverACheckpoint() throws Exception {
        add("m", 1, 3);
        add("other", 2, 3);
        harness.prepareSnapshotPreBarrier(1);
        assertEquals(List.of(1, 1), sizes());
        harness.snapshot(1, 1_001);
        harness.setProcessingTime(1_005);
        assertEquals(2, sizes().size());
    }

    @Test
    void theEndOfInputFlushes() throws Exception {
        add("m", 1, 3);
        harness.endInput();
        harness.getOperator().finish();
        assertEquals(List.of(1), sizes());
    }

    @Test
    void aBlockStaysWithinItsBytesAndALargeSampleGoesAlone() throws Exception {
        add("m", 1, 100);
        add("m", 2, 100);
        add("m", 3, 1_000);
        harness.prepareSnapshotPreBarrier(1);
        assertEquals(List.of(1, 1, 1), sizes());
        assertEquals(1_000, blocks().get(2).offset(1));
    }

    @Test
    void whileNothingIsLabelledAnEmptyBlockCarriesTheWatermark() throws Exception {
        harness.setProcessingTime(61_000);
        assertEquals(List.of(), sizes());
        harness.processWatermark(new Watermark(100_000));
        harness.setProcessingTime(122_000);
        assertEquals(List.of(0, 0), sizes());
        assertEquals(100_000, blocks().get(0).header().watermarkMs());
        harness.setProcessingTime(183_000);
        assertEquals(List.of(0, 0), sizes());
    }

    @Test
    void aSampleThatNoRecordCouldHoldIsDroppedAndCounted() throws Exception {
        add("m", 1, 1_000_000);
        add("m", 2, 3);
        harness.prepareSnapshotPreBarrier(1);
        assertEquals(List.of(1), sizes());
        assertEquals(2, blocks().get(0).sampleId(0));
        assertEquals(1, ((BlockOperator) harness.getOperator()).oversized());
    }

    @Test
    void headersCarryModelSpecAndTimesAndModelsDoNotMix() throws Exception {
        harness.processWatermark(new Watermark(850));
        add("m", 1, 3);
        add("other", 2, 3);
        harness.setProcessingTime(1_005);
        List<TopicRecord> records = harness.extractOutputValues();
        assertEquals(
                List.of(Topics.samples("m"), Topics.samples("other")),
                records.stream().map(TopicRecord::topic).sorted().toList());
        for (SampleBlock block : blocks()) {
            assertEquals(1, block.size());
            assertEquals(1_005, block.header().joinedMs());
            assertEquals(850, block.header().watermarkMs());
            assertEquals(0.5f, block.featureValue(0));
        }
        SampleBlock first = blocks().stream()
                .filter(b -> b.header().model().equals("m"))
                .findFirst()
                .orElseThrow();
        assertEquals(Events.spec().fingerprint(), first.header().specFingerprint());
    }
}
