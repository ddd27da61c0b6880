package dev.millrace.deploy.bench.serve;

import dev.millrace.ingest.feature.RawFeatures;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.SpecReader;
import dev.millrace.ps.serve.ServedVersion;
import dev.millrace.ps.serve.WeightServer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;

/**
 * Weights behind a narrow door: {@value #PLACES} requests are scored at a time, each in {@link #TAKES} of waiting. So the
 * server's capacity is known ({@link #CAPACITY}), and neither the processor nor the load generator is the limit.
 */
final class SlowWeights implements WeightServer {
    static final String MODEL = "serve-slow";
    static final int PLACES = 4;
    static final Duration TAKES = Duration.ofMillis(10);
    /** Requests a second. */
    static final double CAPACITY = PLACES * 1000.0 / TAKES.toMillis();

    private final WeightServer weights;
    private final ModelSpec spec = SpecReader.parse(MODEL, ServeWorld.spec(MODEL));
    private final Semaphore places = new Semaphore(PLACES, true);

    SlowWeights(WeightServer weights) {
        this.weights = weights;
    }

    @Override
    public long score(RawFeatures request, List<RawFeatures> items, float[] scores) {
        try {
            places.acquire();
            try {
                Thread.sleep(TAKES);
                return weights.score(request, items, scores);
            } finally {
                places.release();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Override
    public ModelSpec spec() {
        return spec;
    }

    @Override
    public ServedVersion version() {
        return weights.version();
    }

    @Override
    public boolean caughtUp() {
        return weights.caughtUp();
    }

    @Override
    public void onApplied(Consumer<ServedVersion> listener) {
        weights.onApplied(listener);
    }

    @Override
    public ServedVersion read(long[] keys, int n, float[] rows) {
        return weights.read(keys, n, rows);
    }
}
