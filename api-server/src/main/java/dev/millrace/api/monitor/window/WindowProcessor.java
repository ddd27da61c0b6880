package dev.millrace.api.monitor.window;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.millrace.ingest.feature.Canary;
import dev.millrace.ingest.feature.EncodedEnvelope;
import dev.millrace.ingest.feature.EncodedImpression;
import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.id.SampleIds;
import dev.millrace.ingest.proto.Action;
import dev.millrace.ingest.proto.DeadLetter;
import dev.millrace.ingest.sample.SampleBlockCodec;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.topic.Topics;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Adds each record of its partitions to the task's sums. The stream thread. */
final class WindowProcessor implements Processor<byte[], byte[], Void, Void> {
    private static final Logger LOG = LoggerFactory.getLogger(WindowProcessor.class);
    private static final long SECOND_MS = 1_000;

    private final WindowModels models;
    private final WindowConfig config;
    private final Windows windows;
    private final TaskWindows sums;
    private final Map<String, String> modelOfTopic = new HashMap<>();
    private final Map<String, Drift> drifts = new HashMap<>();
    private @Nullable ProcessorContext<Void, Void> context;
    private int partition;
    private long second;
    private int inSecond;

    WindowProcessor(WindowModels models, WindowConfig config, Windows windows) {
        this.models = models;
        this.config = config;
        this.windows = windows;
        sums = new TaskWindows(models, config, windows.versions());
        for (ModelSpec spec : models.specs()) {
            modelOfTopic.put(Topics.samples(spec.model()), spec.model());
        }
    }

    @Override
    public void init(ProcessorContext<Void, Void> newContext) {
        context = newContext;
        WindowState state = newContext.getStateStore(WindowState.NAME);
        state.keep(sums);
        partition = newContext.taskId().partition();
        windows.add(partition, sums);
    }

    @Override
    public void process(Record<byte[], byte[]> record) {
        String topic =
                Objects.requireNonNull(context).recordMetadata().orElseThrow().topic();
        if (record.value() == null) {
            return;
        }
        try {
            String model = modelOfTopic.get(topic);
            if (model != null) {
                sums.samples(model, SampleBlockCodec.decode(record.value()));
            } else if (topic.equals(Topics.IMPRESSIONS)) {
                impression(record);
            } else {
                letter(DeadLetter.parseFrom(record.value()));
            }
        } catch (InvalidProtocolBufferException | IllegalArgumentException e) {
            windows.skipped();
            LOG.warn("a record of {} cannot be read, and is passed over", topic, e);
        }
    }

    /** The first ones of each second of the broker's time: the same ones whenever it is read. */
    private void impression(Record<byte[], byte[]> record) {
        long now = record.timestamp() / SECOND_MS;
        if (now != second) {
            second = now;
            inSecond = 0;
        }
        if (inSecond >= config.impressions()) {
            return;
        }
        Optional<EncodedImpression> read = EncodedEnvelope.impression(record.value());
        if (read.isEmpty()
                || Canary.is(read.get())
                || models.specs().stream()
                        .noneMatch(s -> s.model().equals(read.get().model()))) {
            return;
        }
        inSecond++;
        EncodedImpression impression = read.get();
        Drift drift = drifts.computeIfAbsent(impression.model(), this::drift);
        sums.impression(impression.model(), Math.min(impression.timeMs(), record.timestamp()), drift.look(impression));
    }

    private Drift drift(String model) {
        var weights = models.weights(model);
        return new Drift(weights.spec(), weights, config.items());
    }

    private void letter(DeadLetter letter) {
        Outcome outcome = Outcome.of(letter.getReason());
        boolean ours = !Canary.is(letter.getAction())
                && (letter.getModel().isEmpty()
                        || models.specs().stream().anyMatch(s -> s.model().equals(letter.getModel())));
        if (outcome == null || !ours) {
            return;
        }
        Action action = letter.getAction();
        Long id = null;
        if (!action.getId().isEmpty()) {
            long copy = FeatureIds.cross(SampleIds.ofAction(action.getId()), action.getAcceptedMs());
            id = FeatureIds.cross(
                    FeatureIds.cross(copy, letter.getReasonValue()), SampleIds.ofModel(letter.getModel()));
        }
        sums.letter(letter.getModel(), outcome, id, letter.getTimeMs());
    }

    @Override
    public void close() {
        windows.remove(partition, sums);
    }
}
