package dev.millrace.join.flink;

import dev.millrace.ingest.feature.EncodedImpression;
import dev.millrace.ingest.proto.Action;
import dev.millrace.ingest.proto.DeadLetterReason;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.join.match.Label;
import dev.millrace.join.match.MatchOutput;
import dev.millrace.join.match.MatchState;
import dev.millrace.join.match.MatchStateCodec;
import dev.millrace.join.match.RequestMatcher;
import dev.millrace.join.vector.Sample;
import dev.millrace.join.vector.SampleVectors;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.runtime.state.FunctionInitializationContext;
import org.apache.flink.runtime.state.FunctionSnapshotContext;
import org.apache.flink.streaming.api.checkpoint.CheckpointedFunction;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;
import org.jspecify.annotations.Nullable;

/** Runs the match of each request id: its state is Flink's as bytes, its timers are Flink's in event time. */
final class MatchFunction extends KeyedProcessFunction<String, LogEvent, Sample> implements CheckpointedFunction {
    private static final long serialVersionUID = 1;
    /** Name of the state in checkpoints. */
    private static final String STATE = "match";

    private static final long NO_TIMER = Long.MIN_VALUE;

    private final SpecTexts specs;
    private final int maxActions;
    private transient RequestMatcher matcher;
    private transient MatchStateCodec codec;
    private transient Map<String, SampleVectors> vectors;
    private transient ValueState<byte[]> state;
    private transient MatchCounters counters;
    private transient MatchSize size;
    /** Of the state that was read last. */
    private transient int bytesBefore;

    @SuppressWarnings("NullAway.Init") // Flink calls initializeState and open first
    MatchFunction(SpecTexts specs, int maxActions) {
        this.specs = specs;
        this.maxActions = maxActions;
    }

    @Override
    @SuppressWarnings("NullAway") // initializeState comes before
    public void open(OpenContext context) {
        List<ModelSpec> read = specs.read();
        matcher = new RequestMatcher(read, maxActions);
        codec = new MatchStateCodec(maxActions);
        vectors = new HashMap<>();
        read.forEach(spec -> vectors.put(spec.model(), new SampleVectors(spec)));
        state = getRuntimeContext()
                .getState(new ValueStateDescriptor<>(STATE, PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO));
        counters = new MatchCounters(getRuntimeContext().getMetricGroup());
        size.register(getRuntimeContext().getMetricGroup());
    }

    @Override
    public void initializeState(FunctionInitializationContext context) throws Exception {
        size = new MatchSize(context.getOperatorStateStore());
    }

    @Override
    public void snapshotState(FunctionSnapshotContext context) throws Exception {
        size.snapshot();
    }

    MatchSize size() {
        return size;
    }

    @Override
    public void processElement(LogEvent event, Context context, Collector<Sample> out) throws Exception {
        Output output = new Output(context, out);
        MatchState before = before();
        long timerMs = timerMs(before);
        long nowMs = context.timerService().currentWatermark();
        MatchState after = event instanceof LogEvent.Shown shown
                ? matcher.impression(before, shown.impression(), nowMs, output)
                : matcher.action(before, ((LogEvent.Acted) event).action(), nowMs, output);
        keep(after, timerMs, context);
    }

    @Override
    public void onTimer(long timeMs, OnTimerContext context, Collector<Sample> out) throws Exception {
        MatchState before = before();
        if (before != null) {
            long timerMs = timerMs(before);
            MatchState after = matcher.advance(before, timeMs, new Output(context, out));
            // The timer that fires is gone.
            keep(after, timerMs == timeMs ? NO_TIMER : timerMs, context);
        }
    }

    private @Nullable MatchState before() throws Exception {
        byte[] bytes = state.value();
        bytesBefore = bytes == null ? 0 : bytes.length;
        return bytes == null ? null : codec.decode(bytes);
    }

    private long timerMs(@Nullable MatchState its) {
        return its == null ? NO_TIMER : matcher.nextTimerMs(its);
    }

    /** @param timerMs the timer that is set already */
    private void keep(@Nullable MatchState after, long timerMs, Context context) throws Exception {
        if (after == null) {
            state.clear();
            size.changed(bytesBefore, 0);
            return;
        }
        byte[] bytes = codec.encode(after);
        state.update(bytes);
        size.changed(bytesBefore, bytes.length);
        long nextMs = matcher.nextTimerMs(after);
        if (nextMs != timerMs) {
            context.timerService().registerEventTimeTimer(nextMs);
        }
    }

    /** Hands decisions to Flink. */
    private final class Output implements MatchOutput {
        private final Context context;
        private final Collector<Sample> out;

        Output(Context context, Collector<Sample> out) {
            this.context = context;
            this.out = out;
        }

        @Override
        public void labels(EncodedImpression impression, String model, List<Label> labels) {
            SampleVectors its = vectors.get(model);
            if (its != null) {
                counters.labels(labels);
                its.samples(impression, labels, out::collect);
            }
        }

        @Override
        public void counted(Action action) {
            counters.counted();
        }

        @Override
        public void rejected(Action action, String model, DeadLetterReason reason) {
            counters.rejected(reason);
            long nowMs = context.timerService().currentProcessingTime();
            context.output(DeadLetters.TAG, DeadLetters.rejected(action, model, reason, nowMs));
        }

        @Override
        public void repeated(EncodedImpression impression) {
            counters.repeated();
        }
    }
}
