package dev.millrace.ps.serve;

import dev.millrace.ingest.feature.RawFeatures;
import dev.millrace.ingest.feature.Vectorizer;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/** Vectors that are filled again: a scored request leaves nothing for the collector. Bounded. Safe for many threads. */
final class VectorPool {
    private static final int PLACES = 2 * Runtime.getRuntime().availableProcessors();
    /** One that a request of unusual size has grown is let go. */
    private static final int LARGEST = 1 << 17;

    private final Vectorizer vectorizer;
    private final AtomicReferenceArray<@Nullable RequestVector> spare = new AtomicReferenceArray<>(PLACES);

    VectorPool(Vectorizer vectorizer) {
        this.vectorizer = vectorizer;
    }

    long score(Scorer scorer, RawFeatures request, List<RawFeatures> items, float[] scores) {
        RequestVector vector = take();
        vector.fill(request, items);
        ScoreTime.check();
        long sequence = scorer.score(vector, scores);
        // Not after a failure: what it left half filled is not trusted.
        giveBack(vector);
        return sequence;
    }

    private RequestVector take() {
        for (int i = 0; i < PLACES; i++) {
            RequestVector found = spare.get(i);
            if (found != null && spare.compareAndSet(i, found, null)) {
                return found;
            }
        }
        return new RequestVector(vectorizer);
    }

    private void giveBack(RequestVector vector) {
        if (vector.isLarge(LARGEST)) {
            return;
        }
        for (int i = 0; i < PLACES; i++) {
            if (spare.get(i) == null && spare.compareAndSet(i, null, vector)) {
                return;
            }
        }
    }
}
