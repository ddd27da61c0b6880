package dev.millrace.join.flink;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.millrace.ingest.feature.EncodedImpression;
import dev.millrace.ingest.proto.Envelope;
import dev.millrace.ingest.proto.Impression;
import dev.millrace.ingest.spec.ModelSpec;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.metrics.Counter;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.util.Collector;

/** Passes impressions and actions on; drops heartbeats, whose work the watermarks did; the rest are dead letters. */
final class SortFunction extends ProcessFunction<LogEvent, LogEvent> {
    private static final long serialVersionUID = 1;

    private final SpecTexts specs;
    private transient Set<String> models;
    private transient Counter unreadable;

    @SuppressWarnings("NullAway.Init") // Flink calls open first
    SortFunction(SpecTexts specs) {
        this.specs = specs;
    }

    @Override
    public void open(OpenContext context) {
        models = specs.read().stream().map(ModelSpec::learnsFrom).collect(Collectors.toSet());
        unreadable = getRuntimeContext().getMetricGroup().counter("unreadable");
    }

    @Override
    public void processElement(LogEvent event, Context context, Collector<LogEvent> out) {
        if (event instanceof LogEvent.Unreadable bad) {
            refuse(ByteString.copyFrom(bad.bytes()), "", context);
        } else if (event instanceof LogEvent.Shown shown
                && !models.contains(shown.impression().model())) {
            EncodedImpression impression = shown.impression();
            refuse(envelope(impression), impression.model(), context);
        } else if (!(event instanceof LogEvent.Beat)) {
            out.collect(event);
        }
    }

    /** As it stood on the log, so that it can be played again. */
    private static ByteString envelope(EncodedImpression impression) {
        try {
            return Envelope.newBuilder()
                    .setImpression(Impression.parseFrom(impression.toByteArray()))
                    .build()
                    .toByteString();
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException("an impression that was read cannot be read", e);
        }
    }

    private void refuse(ByteString raw, String model, Context context) {
        unreadable.inc();
        context.output(
                DeadLetters.TAG,
                DeadLetters.unreadable(raw, model, context.timerService().currentProcessingTime()));
    }
}
