package dev.millrace.learner.bus;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ingest.feature.FeatureVector;
import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.sample.SampleBlockBuilder;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.SpecReader;
import dev.millrace.ps.delta.Delta;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Requests of ten items a hundredth of a second apart, scored well; then something goes wrong. */
class GateTest {
    private static final long SEED = 5;
    private static final int ITEMS = 10;
    private static final int MS_A_REQUEST = 10;
    private static final int CHANGE = 6_000;
    private static final int END = 8_000;
    private static final ModelSpec SPEC = SpecReader.parse("test", """
            model: shop
            objective: logistic
            labels: {like: 1, dislike: 0}
            rewardWindow: 1s
            slots:
              item: {type: category, from: item.id}
            optimizer: {type: ftrl, alpha: 0.2}
            policies: {absence: drop, lateness: 5s}
            """);

    private static final int WINDOW_MS = 1_000;
    private static final int NEGATIVES = 19;
    private static final float RATE = 0.05f;
    private static final String ABSENCE = """
            model: shop
            objective: logistic
            labels: {like: 1}
            rewardWindow: 1s
            slots:
              item: {type: category, from: item.id}
            optimizer: {type: ftrl, alpha: 0.2}
            policies: {absence: negative, lateness: 5s}
            """;

    private static final String HEADS = """
            model: shop
            rewardWindow: 1s
            heads: {click: {labels: {click: 1}}, like: {labels: {like: 1}}, watch: {objective: squared, labels: {watch: 1}}}
            slots: {item: {type: category, from: item.id}}
            network: {type: widedeep, dim: 2, hidden: [4]}
            policies: {absence: drop, lateness: 5s}
            """;

    private enum Wrong {
        NOTHING,
        LABELS_FLIPPED,
        EVERYTHING_LIKED,
        WEIGHTS_DIVERGE,
        SAMPLES_REFUSED
    }

    private final Random random = new Random(SEED);
    private Gate gate = new Gate(GateConfig.DEFAULT, SPEC);
    private long offset;
    private float servedScore = RATE;

    /** @return the request at which it froze; −1: never */
    private int play(Wrong wrong, int from, int to) {
        for (int request = from; request < to; request++) {
            request(request, request < CHANGE ? Wrong.NOTHING : wrong, false);
            if (gate.alarm().isPresent()) {
                return request;
            }
        }
        return -1;
    }

    private void request(int request, Wrong wrong, boolean watchOnly) {
        SampleBlockBuilder builder = new SampleBlockBuilder();
        float[] predictions = new float[ITEMS];
        int[] samples = new int[ITEMS];
        for (int i = 0; i < ITEMS; i++) {
            double truth = 1 / (1 + Math.exp(1.2 - 1.5 * random.nextGaussian()));
            boolean liked = random.nextDouble() < truth;
            liked = wrong == Wrong.EVERYTHING_LIKED || (wrong == Wrong.LABELS_FLIPPED) != liked;
            FeatureVector vector = new FeatureVector();
            vector.add(FeatureIds.BIAS, 1f);
            long id = 1 + ITEMS * (long) request + i;
            float label = liked ? 1 : 0;
            builder.add(new SampleBlockBuilder.Meta(id, request, 0, label, 1f, 1f, (float) truth, 0, 0), vector);
            predictions[i] = switch (wrong) {
                case WEIGHTS_DIVERGE -> (float) (1 - truth);
                case SAMPLES_REFUSED -> random.nextInt(10) == 0 ? Float.NaN : (float) truth;
                default -> (float) truth;
            };
            samples[i] = i;
        }
        long nowMs = 1_000_000 + (long) request * MS_A_REQUEST;
        SampleBlock block = builder.build(new SampleBlock.Header("shop", SPEC.fingerprint(), nowMs, nowMs));
        gate.record(0, offset++, block);
        if (watchOnly) {
            gate.watch(block);
        } else {
            gate.learned(block, samples, ITEMS, predictions);
        }
    }

    @Test
    void whatIsAsBeforePasses() {
        assertEquals(-1, play(Wrong.NOTHING, 0, 30_000), () -> "seed " + SEED + gate.alarm());
    }

    @ParameterizedTest
    @EnumSource(names = "NOTHING", mode = EnumSource.Mode.EXCLUDE)
    void whatIsWrongFreezes(Wrong wrong) {
        int frozen = play(wrong, 0, END);
        assertTrue(frozen >= CHANGE, wrong + " was seen at " + frozen + ", seed " + SEED);
        assertTrue((frozen - CHANGE) * MS_A_REQUEST <= 5_000, wrong + " was seen at " + frozen);
        Map<Integer, Long> suspects = gate.alarm().orElseThrow().suspectFrom();
        long first = suspects.getOrDefault(0, -1L);
        assertTrue(first <= CHANGE && first > CHANGE - 300, "suspected from " + first + " for " + wrong);
    }

    @Test
    void itSeesWhenSamplesAreAsBeforeAgain() {
        assertTrue(play(Wrong.LABELS_FLIPPED, 0, END) >= CHANGE);
        long[] known = gate.state();
        gate = new Gate(GateConfig.DEFAULT, SPEC);
        gate.restore(known);
        offset = CHANGE;
        int clean = CHANGE + 1_000;
        for (int request = CHANGE; request < clean; request++) {
            request(request, Wrong.LABELS_FLIPPED, true);
        }
        assertFalse(gate.cleanFrom().isPresent(), "still flipped");
        for (int request = clean; request < clean + 1_000; request++) {
            request(request, Wrong.NOTHING, true);
        }
        long from = gate.cleanFrom().orElseThrow().getOrDefault(0, -1L);
        assertTrue(from >= clean && from < clean + 200, "clean from request " + from + ", seed " + SEED);
    }

    /** At load a block brings a window's end and the negatives that it makes at once. */
    @Test
    void positivesWaitForTheNegativesThatTheSameBlockBrings() {
        ModelSpec absence = SpecReader.parse("test", ABSENCE);
        gate = new Gate(GateConfig.DEFAULT, absence);
        for (int request = 0; request < END; request++) {
            long shownMs = 1_000_000 + (long) request * MS_A_REQUEST;
            samples(request, shownMs, shownMs - WINDOW_MS / 2, 1, 1);
            int ended = request - WINDOW_MS / MS_A_REQUEST;
            if (ended >= 0) {
                long endedMs = shownMs - WINDOW_MS;
                boolean atOnce = request >= CHANGE;
                samples(ended, endedMs, atOnce ? shownMs : endedMs, 0, NEGATIVES);
                assertFalse(gate.doubts(), "at request " + request);
            }
        }
        assertTrue(gate.alarm().isEmpty(), () -> "alarm " + gate.alarm());
    }

    /** Far off at first, as where much is learned at once, and then as good as can be. */
    @Test
    void aModelThatComesBackToTheTruthPasses() {
        for (int request = 0; request < END; request++) {
            servedScore = request < CHANGE ? 0.9f : RATE;
            long shownMs = 1_000_000 + (long) request * MS_A_REQUEST;
            samples(request, shownMs, shownMs, request % (NEGATIVES + 1) == 0 ? 1 : 0, 1);
        }
        assertTrue(gate.alarm().isEmpty(), () -> "alarm " + gate.alarm());
    }

    /** Positives come first, so a young model calls everything one, until it has seen negatives and calls nothing one. */
    @Test
    void aColdStartIsNothingToCompareWith() {
        gate = new Gate(GateConfig.DEFAULT, SpecReader.parse("test", ABSENCE));
        for (int request = 0; request < END; request++) {
            servedScore = request < 2_000 ? 0.9f : RATE;
            long shownMs = 1_000_000 + (long) request * MS_A_REQUEST;
            samples(request, shownMs, shownMs - WINDOW_MS, 1, 1);
            int ended = request - WINDOW_MS / MS_A_REQUEST;
            if (ended >= 0) {
                samples(ended, shownMs - WINDOW_MS, shownMs - WINDOW_MS, 0, NEGATIVES);
            }
        }
        assertTrue(gate.alarm().isEmpty(), () -> "alarm " + gate.alarm());
    }

    private void samples(int request, long eventMs, long watermarkMs, int label, int count) {
        SampleBlockBuilder builder = new SampleBlockBuilder();
        float[] predictions = new float[count];
        int[] samples = new int[count];
        for (int i = 0; i < count; i++) {
            FeatureVector vector = new FeatureVector();
            vector.add(FeatureIds.BIAS, 1f);
            long id = 1 + 2L * NEGATIVES * request + NEGATIVES * (long) label + i;
            builder.add(new SampleBlockBuilder.Meta(id, request, 0, label, 1f, 1f, servedScore, 0, eventMs), vector);
            predictions[i] = servedScore;
            samples[i] = i;
        }
        SampleBlock block =
                builder.build(new SampleBlock.Header("shop", SPEC.fingerprint(), eventMs + WINDOW_MS, watermarkMs));
        gate.record(0, offset++, block);
        gate.learned(block, samples, count, predictions);
    }

    /** The second head's labels turn around, while the first one's and the values of the third are as before. */
    @Test
    void everyHeadThatIsAProbabilityIsJudged() {
        ModelSpec heads = SpecReader.parse("test", HEADS);
        gate = new Gate(GateConfig.DEFAULT, heads);
        assertEquals(java.util.List.of("click", "like"), gate.judged());
        int frozen = -1;
        for (int request = 0; request < END && frozen < 0; request++) {
            ofHeads(heads, request, request >= CHANGE);
            if (request == CHANGE - 1) {
                long[] known = gate.state();
                gate = new Gate(GateConfig.DEFAULT, heads);
                gate.restore(known);
            }
            frozen = gate.alarm().isPresent() ? request : -1;
        }
        assertTrue(frozen >= CHANGE && frozen < CHANGE + 500, "seen at " + frozen + ", seed " + SEED);
        String signal = gate.alarm().orElseThrow().signal();
        assertTrue(signal.startsWith("like."), signal);
    }

    private void ofHeads(ModelSpec heads, int request, boolean flipped) {
        SampleBlockBuilder builder = new SampleBlockBuilder();
        float[] predictions = new float[3 * ITEMS];
        int[] samples = new int[ITEMS];
        for (int i = 0; i < ITEMS; i++) {
            float click = (float) (1 / (1 + Math.exp(1.2 - 1.5 * random.nextGaussian())));
            float like = (float) (1 / (1 + Math.exp(1.2 - 1.5 * random.nextGaussian())));
            float[] more = {(random.nextDouble() < like) != flipped ? 1 : 0, 1, like, 1e3f * random.nextFloat(), 1, 2};
            float label = random.nextDouble() < click ? 1 : 0;
            FeatureVector vector = new FeatureVector();
            vector.add(FeatureIds.BIAS, 1f);
            long id = 1 + ITEMS * (long) request + i;
            builder.add(
                    new SampleBlockBuilder.Meta(id, request, 0, label, 1f, 1f, click, 0, 0, (byte) 0, more), vector);
            predictions[i] = click;
            predictions[ITEMS + i] = like;
            predictions[2 * ITEMS + i] = 2;
            samples[i] = i;
        }
        long nowMs = 1_000_000 + (long) request * MS_A_REQUEST;
        SampleBlock block = builder.build(new SampleBlock.Header("shop", heads.fingerprint(), nowMs, nowMs));
        gate.record(0, offset++, block);
        gate.learned(block, samples, ITEMS, predictions);
    }

    @Test
    void weightsThatAreNoneAreNotPublished() {
        assertTrue(gate.check(delta(0.5f, -3f)).isEmpty());
        assertEquals(
                "weights",
                gate.check(delta(0.5f, Float.POSITIVE_INFINITY)).orElseThrow().signal());
        assertEquals("weights", gate.check(delta(-2e4f, 1f)).orElseThrow().signal());
        assertTrue(gate.check(delta(Float.NaN, 1f)).isEmpty(), "a tombstone");
    }

    private static Delta delta(float... weights) {
        var ranges = new TreeMap<Integer, Delta.Range>();
        ranges.put(0, new Delta.Range(4, 9));
        long[] keys = new long[weights.length];
        for (int i = 0; i < keys.length; i++) {
            keys[i] = 1L + i;
        }
        return new Delta(new Delta.Header(0, 1, SPEC.fingerprint(), 1, 1, ranges, 1, 1, 0), keys, weights);
    }
}
