package dev.millrace.api.monitor.window;

import dev.millrace.ingest.feature.EncodedImpression;
import dev.millrace.ingest.feature.FeatureVector;
import dev.millrace.ingest.feature.ImpressionVectorizer;
import dev.millrace.ingest.feature.Vectorizer;
import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.Slot;
import dev.millrace.ingest.spec.SlotType;
import dev.millrace.ps.serve.WeightReader;
import it.unimi.dsi.fastutil.ints.Int2IntOpenHashMap;
import java.util.Arrays;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What an impression says of drift: the scores of all its items, and of some items, evenly spread over the places, how the
 * model's slots were filled. Slots of the request count once an impression. One thread, that of the streams.
 */
final class Drift {
    private static final Logger LOG = LoggerFactory.getLogger(Drift.class);

    private final List<Slot> slots;
    private final Int2IntOpenHashMap slotOf = new Int2IntOpenHashMap();
    private final ImpressionVectorizer vectorizer;
    private final WeightReader weights;
    private final int most;
    private final FeatureVector vector = new FeatureVector();
    private final WindowSums sums = new WindowSums();
    private final boolean[] filled;
    private long[] ids = new long[256];
    private int[] slotsOfIds = new int[256];
    private float[] known = new float[256];
    private int asked;

    /** @param most items of an impression whose features are looked at */
    Drift(ModelSpec spec, WeightReader weights, int most) {
        this.weights = weights;
        this.most = most;
        slots = spec.slots().stream().filter(slot -> !slot.crossedOnly()).toList();
        filled = new boolean[slots.size()];
        slotOf.defaultReturnValue(-1);
        for (int s = 0; s < slots.size(); s++) {
            slotOf.put(FeatureIds.slot(slots.get(s).name()), s);
        }
        vectorizer = new ImpressionVectorizer(new Vectorizer(spec));
    }

    /** Looks at an impression; {@link #addTo} then has it. */
    Drift look(EncodedImpression impression) {
        clear();
        sums.impressions = 1;
        for (int i = 0; i < impression.items(); i++) {
            sums.shown.add(impression.score(i), false, 1);
        }
        vectorizer.request(impression, vector);
        int shared = vector.size();
        side(0, shared, false);
        int step = Math.max(1, (impression.items() + most - 1) / most);
        for (int i = 0; i < impression.items(); i += step) {
            vector.truncate(shared);
            vectorizer.item(impression, i, vector);
            side(shared, vector.size(), true);
        }
        askWeights();
        return this;
    }

    private void clear() {
        sums.clear();
        asked = 0;
    }

    private void side(int from, int to, boolean ofItem) {
        Arrays.fill(filled, false);
        for (int f = from; f < to; f++) {
            long id = vector.id(f);
            int s = slotOf.get(FeatureIds.slotOf(id));
            if (s >= 0) {
                Slot slot = slots.get(s);
                filled[s] = true;
                if (slot.type() == SlotType.NUMBER && slot.bins().isEmpty()) {
                    sums.slot(slot.name()).number(vector.value(f));
                } else {
                    sums.slot(slot.name()).category(id);
                }
                ask(id, s);
            }
        }
        for (int s = 0; s < slots.size(); s++) {
            if (slots.get(s).ofItem() == ofItem) {
                SlotSums slot = sums.slot(slots.get(s).name());
                slot.looked++;
                slot.nulls += filled[s] ? 0 : 1;
            }
        }
    }

    private void ask(long id, int slot) {
        if (asked == ids.length) {
            ids = Arrays.copyOf(ids, 2 * asked);
            slotsOfIds = Arrays.copyOf(slotsOfIds, 2 * asked);
            known = new float[2 * asked];
        }
        ids[asked] = id;
        slotsOfIds[asked++] = slot;
    }

    /** A feature without a row weighs 0, and so does one that the weights make nothing of. */
    private void askWeights() {
        try {
            weights.read(ids, asked, known);
        } catch (RuntimeException e) {
            LOG.debug("weights are away: what they know is not counted", e);
            return;
        }
        for (int i = 0; i < asked; i++) {
            SlotSums slot = sums.slot(slots.get(slotsOfIds[i]).name());
            if (known[i] == 0) {
                slot.unknown++;
            } else {
                slot.known++;
            }
        }
    }

    void addTo(WindowSums out) {
        out.merge(sums);
    }
}
