package dev.millrace.learner.bus;

import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.spec.Heads;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.Objective;
import dev.millrace.learner.training.TrainingShard;
import dev.millrace.ps.delta.Delta;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Looks at every sample before the weights that learned it are published: whether the scores that served were as good as
 * before, whether there are as many positives as before, whether the weights about to be published predict worse than
 * those that serve, and whether they are weights at all. It decides while it learns, so it delays nothing. Every
 * probability that a model predicts is judged apart, so each of its heads; values are not. One thread, the learner's.
 */
public final class Gate implements TrainingShard.Watch {
    private static final long MARGIN_MS = 500;

    /**
     * Why publishing is to freeze.
     *
     * @param signal what was tested; of a model with heads, behind the head's name and a dot
     * @param suspectFrom samples partition to the first record that is suspected
     */
    public record Alarm(String signal, String detail, double evidence, Map<Integer, Long> suspectFrom) {}

    private final GateConfig config;
    private final int labels;
    private final RecordRing records = new RecordRing();
    private final List<HeadGate> heads = new ArrayList<>();
    private final List<String> judged = new ArrayList<>();
    private Optional<Alarm> alarm = Optional.empty();
    private long nowMs;
    private boolean watchesOnly;

    public Gate(GateConfig config, ModelSpec spec) {
        this.config = config;
        labels = spec.heads().labels();
        if (!config.enabled()) {
            return;
        }
        if (spec.heads().isEmpty() && spec.objective() == Objective.LOGISTIC) {
            heads.add(new HeadGate(config, spec, 0, "", true, spec.policies().absence(), records));
        }
        for (int head = 0; head < spec.heads().count(); head++) {
            Heads.Head its = spec.heads().all().get(head);
            if (its.objective() == Objective.LOGISTIC) {
                boolean first = heads.isEmpty();
                heads.add(new HeadGate(config, spec, head, its.name() + ".", first, its.absence(), records));
                judged.add(its.name());
            }
        }
    }

    /** Names of the heads that are judged; empty of a model without heads. */
    public List<String> judged() {
        return List.copyOf(judged);
    }

    /** Why publishing is to freeze; once there is one, it stays. */
    public Optional<Alarm> alarm() {
        return alarm;
    }

    /**
     * Whether there is some evidence, though not enough, and a little waiting decides, if it goes on to come as quickly:
     * what is held back now need not be taken back later. Slower evidence is of slow changes, which can be taken back.
     */
    public boolean doubts() {
        return heads.stream().anyMatch(HeadGate::doubts);
    }

    /** The record that is learned next. */
    public void record(int partition, long offset, SampleBlock block) {
        nowMs = Math.max(nowMs, block.header().joinedMs());
        long number = records.add(partition, offset, nowMs);
        heads.forEach(head -> head.record(number, nowMs));
    }

    @Override
    public void learned(SampleBlock block, int[] samples, int count, float[] predictions) {
        if (alarm.isPresent()) {
            return;
        }
        for (HeadGate head : heads) {
            head.learned(block, samples, count, predictions, watchesOnly);
            if (alarm.isEmpty()) {
                alarm = head.alarm();
            }
        }
        if (alarm.isPresent()) {
            heads.forEach(head -> head.reference().forgetYoung());
        }
    }

    /** While learning waits: the same looks, without learning, for when samples are as before again. */
    public void watch(SampleBlock block) {
        watchesOnly = true;
        int n = block.size();
        int[] samples = new int[n];
        float[] served = new float[n * labels];
        for (int i = 0; i < n; i++) {
            samples[i] = i;
            for (int head = 0; head < Math.min(labels, block.heads()); head++) {
                float score = block.servedScore(i, head);
                served[head * n + i] = Float.isNaN(score) ? 0 : score;
            }
        }
        learned(block, samples, n, served);
    }

    /** Whether samples have been as before for long enough; then from which records on. */
    public Optional<Map<Integer, Long>> cleanFrom() {
        long lastBadMs = heads.stream().mapToLong(HeadGate::lastBadMs).max().orElse(0);
        boolean clean = watchesOnly
                && lastBadMs > 0
                && nowMs - lastBadMs >= config.clean().toMillis();
        return clean ? Optional.of(records.from(lastBadMs + MARGIN_MS)) : Optional.empty();
    }

    /** Weights that nobody should serve; empty: they may be published. */
    public Optional<Alarm> check(Delta delta) {
        if (!config.enabled()) {
            return Optional.empty();
        }
        for (int i = 0; i < delta.keys().length; i++) {
            for (int f = 0; f < delta.width() && !delta.isTombstone(i); f++) {
                float weight = delta.weights()[delta.at(i) + f];
                if (!(Math.abs(weight) <= config.maxWeight())) {
                    Map<Integer, Long> from = new TreeMap<>();
                    delta.header().ranges().forEach((partition, range) -> from.put(partition, range.from()));
                    return Optional.of(new Alarm(
                            "weights",
                            "row %016x has the weight %s".formatted(delta.keys()[i], weight),
                            Double.POSITIVE_INFINITY,
                            from));
                }
            }
        }
        return Optional.empty();
    }

    /** The references of all that is judged, one after the other. */
    @Override
    public long[] state() {
        long[] all = new long[heads.size() * Reference.LONGS];
        for (int i = 0; i < heads.size(); i++) {
            System.arraycopy(heads.get(i).reference().toLongs(), 0, all, i * Reference.LONGS, Reference.LONGS);
        }
        return all;
    }

    /** What {@link #state} gave; anything else begins anew. */
    @Override
    public void restore(long[] state) {
        for (int i = 0; i < heads.size(); i++) {
            int from = state.length == heads.size() * Reference.LONGS ? i * Reference.LONGS : state.length;
            int to = Math.min(state.length, from + Reference.LONGS);
            heads.get(i).reference().restore(java.util.Arrays.copyOfRange(state, from, to));
        }
    }
}
