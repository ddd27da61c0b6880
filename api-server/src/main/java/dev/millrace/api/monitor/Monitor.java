package dev.millrace.api.monitor;

import dev.millrace.api.log.LogListener;
import dev.millrace.api.trace.Status;
import dev.millrace.api.trace.Trace;
import dev.millrace.api.trace.TraceIndex;
import dev.millrace.ingest.proto.Action;
import dev.millrace.ingest.proto.DeadLetter;
import dev.millrace.ingest.proto.DeadLetterReason;
import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.spec.ModelSpec;
import java.time.Clock;
import java.time.Duration;
import java.util.Collection;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;

/** The numbers of all models. Any thread may write and read; counts begin with the process. */
public final class Monitor implements LogListener, TraceIndex.FinishedListener {
    /**
     * @param recent length of the windows
     * @param slack added to a model's reward window, after which a request's labels must have come
     * @param maxSeen sample ids remembered a model, and dead letters in all, against counting twice
     * @param maxGroups requests a model whose labels are awaited
     * @param on off: nothing is counted
     */
    public record Config(Duration recent, Duration slack, int maxSeen, int maxGroups, boolean on) {}

    private final Clock clock;
    private final boolean on;
    private final Map<String, ModelMonitor> models = new LinkedHashMap<>();
    private final Map<Status, LongAdder> outcomes = new EnumMap<>(Status.class);
    private final LongAdder unreadable = new LongAdder();
    private final LongAdder duplicatePosts = new LongAdder();
    private final Rate events = new Rate();
    private final SeenLetters letters;
    private volatile FreshnessRecorder recorder = (model, stage, ms) -> {};

    /** Also told of each time, for histograms elsewhere. */
    interface FreshnessRecorder {
        void record(String model, FreshnessStage stage, long ms);
    }

    public Monitor(Collection<ModelSpec> specs, Config config, Clock clock) {
        this.clock = clock;
        on = config.on();
        letters = new SeenLetters(config.maxSeen());
        for (ModelSpec spec : specs) {
            Duration hold = spec.rewardWindow().plus(config.slack());
            models.put(
                    spec.model(), new ModelMonitor(spec, config.recent(), hold, config.maxSeen(), config.maxGroups()));
        }
        for (Status end : Status.values()) {
            if (end.isEnd()) {
                outcomes.put(end, new LongAdder());
            }
        }
    }

    void recordTo(FreshnessRecorder other) {
        recorder = other;
    }

    /** A rank request was answered. */
    public void ranked(String model, int candidates) {
        if (on) {
            model(model).ranked(candidates, clock.millis());
        }
    }

    /** A rank request ended, with an answer or a refusal. */
    public void rankTook(String model, long micros) {
        if (on) {
            model(model).rankTook(micros, clock.millis());
        }
    }

    /** A post of actions was answered. */
    public void posted(int accepted, int duplicates) {
        if (on) {
            events.add(clock.millis(), accepted);
            duplicatePosts.add(duplicates);
        }
    }

    @Override
    public void action(Action action) {
        // Counted where they are posted: the tail also reads what other servers accepted.
    }

    @Override
    public void samples(Place place, SampleBlock block) {
        model(place.model()).samples(place, block, clock.millis());
    }

    @Override
    public void deadLetter(DeadLetter letter, boolean live) {
        if (!letters.isNew(letter) || !live) {
            return;
        }
        if (letter.getReason() == DeadLetterReason.DEAD_LETTER_REASON_UNREADABLE) {
            unreadable.increment();
        }
        Status end = Status.of(letter.getReason());
        if (end != null) {
            Objects.requireNonNull(outcomes.get(end)).increment();
        }
    }

    @Override
    public void finished(String model, Trace trace) {
        if (!on) {
            return;
        }
        model(model).finished(trace, clock.millis());
        for (FreshnessStage stage : FreshnessStage.values()) {
            recorder.record(model, stage, stage.milliseconds(trace));
        }
    }

    ModelMonitor model(String name) {
        return Objects.requireNonNull(models.get(name), name);
    }

    long outcome(Status end) {
        return Objects.requireNonNull(outcomes.get(end)).sum();
    }

    long unreadable() {
        return unreadable.sum();
    }

    long duplicatePosts() {
        return duplicatePosts.sum();
    }

    Rate events() {
        return events;
    }
}
