package dev.millrace.api;

import dev.millrace.ingest.feature.FeatureValue;
import dev.millrace.ingest.feature.RawFeatures;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ps.parity.ShardParity;
import dev.millrace.ps.serve.ScoreTime;
import dev.millrace.ps.serve.ServedVersion;
import dev.millrace.ps.serve.WeightServer;
import dev.millrace.ps.serve.WeightsUnavailable;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/** Scores an item by its {@code item.price}, 0.5 without one; its version is set by hand. */
public class FixedWeights implements WeightServer {
    private final List<Consumer<ServedVersion>> listeners = new CopyOnWriteArrayList<>();
    private volatile ServedVersion version = ServedVersion.NONE;
    public volatile boolean caughtUp = true;
    public volatile boolean available = true;
    public volatile boolean onVirtualThread;
    /** Whether scoring goes on for as long as anybody waits for it. */
    public volatile boolean endless;

    /** How often it ended because nobody did. */
    public final AtomicInteger abandoned = new AtomicInteger();

    public volatile List<ShardParity> parity = List.of();

    /** Run once, between the reading of the version and its use. */
    public volatile Runnable afterVersionRead = () -> {};

    /** Of another model. */
    public static FixedWeights of(ModelSpec spec) {
        return new FixedWeights() {
            @Override
            public ModelSpec spec() {
                return spec;
            }
        };
    }

    @Override
    public ModelSpec spec() {
        return MovieSpec.SPEC;
    }

    @Override
    public ServedVersion version() {
        ServedVersion read = version;
        Runnable once = afterVersionRead;
        afterVersionRead = () -> {};
        once.run();
        return read;
    }

    @Override
    public boolean caughtUp() {
        return caughtUp;
    }

    @Override
    public void onApplied(Consumer<ServedVersion> listener) {
        listeners.add(listener);
    }

    @Override
    public List<ShardParity> parity() {
        return parity;
    }

    public void apply(ServedVersion applied) {
        version = applied;
        listeners.forEach(l -> l.accept(applied));
    }

    /** Every weight is its key's last decimal digit, as a tenth. */
    @Override
    public ServedVersion read(long[] keys, int n, float[] weights) {
        for (int i = 0; i < n; i++) {
            weights[i] = Math.floorMod(keys[i], 10L) / 10f;
        }
        return version;
    }

    private void scoreUntilNobodyWaits() {
        LockSupport.parkNanos(100_000);
        try {
            ScoreTime.check();
        } catch (ScoreTime.Over e) {
            abandoned.incrementAndGet();
            throw e;
        }
    }

    @Override
    public long score(RawFeatures request, List<RawFeatures> items, float[] scores) {
        if (!available) {
            throw new WeightsUnavailable("they are elsewhere");
        }
        onVirtualThread = Thread.currentThread().isVirtual();
        while (endless) {
            scoreUntilNobodyWaits();
        }
        for (int i = 0; i < items.size(); i++) {
            scores[i] =
                    items.get(i).get("item.price") instanceof FeatureValue.Numeric price ? (float) price.value() : 0.5f;
        }
        return version.sequence();
    }
}
