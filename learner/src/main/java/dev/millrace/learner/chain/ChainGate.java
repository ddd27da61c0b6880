package dev.millrace.learner.chain;

import dev.millrace.ingest.proto.ChainTerms;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Whether weights from a chain may be published, by what was measured of them. Against a reference they must be shown to be
 * no worse than the margin (a one-sided test of non-inferiority at 5 %, not the absence of a significant difference, which
 * few samples would give for nothing).
 */
public final class ChainGate {
    /** One-sided, 5 %. */
    private static final double Z = 1.645;

    /** Names of what was measured. */
    public static final String SAMPLES = "heldOutSamples";

    public static final String LOG_LOSS = "logLoss";
    public static final String NORMALIZED_ENTROPY = "normalizedEntropy";
    public static final String AUC = "auc";
    public static final String CALIBRATION = "calibration";
    public static final String RMSE = "rmse";
    public static final String MAX_WEIGHT = "maxWeight";
    public static final List<String> REFERENCES = List.of("served", "other");

    private ChainGate() {}

    /** The mean loss of a reference. */
    public static String lossOf(String reference) {
        return reference + "Loss";
    }

    /** By which the loss lies above that of a reference. */
    public static String above(String reference) {
        return reference + "Above";
    }

    /** Its standard error. */
    public static String error(String reference) {
        return reference + "AboveError";
    }

    /** @return reasons against it, each with the number and the bound; empty: it may */
    public static List<String> refusals(Map<String, Double> measured, ChainTerms terms) {
        List<String> reasons = new ArrayList<>();
        least(reasons, measured, SAMPLES, terms.getMinSamples());
        most(reasons, measured, MAX_WEIGHT, terms.getMaxWeight());
        boolean values = measured.containsKey(RMSE) && !measured.containsKey(LOG_LOSS);
        if (values) {
            most(reasons, measured, RMSE, terms.getMaxRmse());
        } else {
            least(reasons, measured, AUC, terms.getMinAuc());
            most(reasons, measured, NORMALIZED_ENTROPY, terms.getMaxNormalizedEntropy());
        }
        least(reasons, measured, CALIBRATION, terms.getMinCalibration());
        most(reasons, measured, CALIBRATION, terms.getMaxCalibration());
        if (terms.getMaxLossAbove() > 0) {
            REFERENCES.forEach(reference -> worse(reasons, measured, reference, terms));
        }
        return reasons;
    }

    private static void worse(List<String> reasons, Map<String, Double> measured, String reference, ChainTerms terms) {
        Double loss = measured.get(lossOf(reference));
        Double above = measured.get(above(reference));
        Double error = measured.get(error(reference));
        if (loss == null || above == null || error == null) {
            return;
        }
        double most = terms.getMaxLossAbove() * loss;
        double upper = above + Z * error;
        // So that NaN is no pass.
        if (!(upper <= most)) {
            reasons.add(text(
                    "loss against %s: %+.5f ± %.5f, not shown to be at most %+.5f (maxLossAbove %s of %.5f)",
                    reference, above, Z * error, most, terms.getMaxLossAbove(), loss));
        }
    }

    private static void least(List<String> reasons, Map<String, Double> measured, String name, double bound) {
        Double value = measured.get(name);
        if (bound == 0) {
            return;
        }
        if (value == null) {
            missing(reasons, name, bound);
        } else if (!(value >= bound)) {
            reasons.add(text("%s is %s, below %s", name, value, bound));
        }
    }

    private static void most(List<String> reasons, Map<String, Double> measured, String name, double bound) {
        Double value = measured.get(name);
        if (bound == 0) {
            return;
        }
        if (value == null) {
            missing(reasons, name, bound);
        } else if (!(value <= bound)) {
            reasons.add(text("%s is %s, above %s", name, value, bound));
        }
    }

    /** What was not measured passes no bound. */
    private static void missing(List<String> reasons, String name, double bound) {
        reasons.add(text("%s was not measured, and has the bound %s", name, bound));
    }

    private static String text(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }
}
