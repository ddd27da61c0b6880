package dev.millrace.join.oracle;

import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.id.SampleIds;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a log must make.
 *
 * @param samples by sample id, each as {@link #sample} writes it
 * @param letters dead letters as {@code REASON action model}, with how often
 * @param counted actions that count
 * @param repeated impressions that were dropped
 */
public record Expected(Map<Long, String> samples, Map<String, Integer> letters, int counted, int repeated) {
    Expected() {
        this(new TreeMap<>(), new TreeMap<>(), 0, 0);
    }

    Expected plus(int moreCounted, int moreRepeated) {
        return new Expected(samples, letters, counted + moreCounted, repeated + moreRepeated);
    }

    void letter(String reason, String action, String model) {
        letters.merge(letterLine(reason, action, model), 1, Integer::sum);
    }

    public static String letterLine(String reason, String action, String model) {
        return reason + " " + action + " " + model;
    }

    /** A sample's line; the request's and the action's names are in it by their hashes. */
    public static String sample(
            String model, float label, float weight, float keepRate, boolean fake, long actionHash, long eventTimeMs) {
        return String.format(
                Locale.ROOT,
                "%s label %s weight %s keep %s fake %s action %x at %d",
                model,
                label,
                weight,
                keepRate,
                fake,
                actionHash,
                eventTimeMs);
    }

    /** As {@code join.match} documents it: a hash of the item's first sample id decides. */
    static boolean isKept(String model, String request, String item, double rate) {
        long id = SampleIds.of(model, request, item, 0);
        return rate >= 1 || (FeatureIds.hash(id, 0x6B656570L) >>> 11) / (double) (1L << 53) < rate;
    }
}
