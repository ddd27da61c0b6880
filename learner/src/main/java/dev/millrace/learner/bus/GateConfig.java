package dev.millrace.learner.bus;

import java.time.Duration;

/**
 * When publishing freezes.
 *
 * @param enabled whether it ever does
 * @param falseAlarm alarms of a signal are at least 1/this requests apart on average while nothing is worse than the
 *     margins allow
 * @param doubt evidence as a factor from which on publishing waits for more of it, where at its pace {@code holdBack} decides
 * @param holdBack longest such wait since the last delta
 * @param lossMargin part by which the log loss of served scores may lie above its reference, beside {@code lossSlack}
 * @param lossSlack in nats
 * @param rateMargin part by which the label rate and the calibration may lie off their reference, beside {@code rateSlack}
 * @param rateSlack as a probability
 * @param candidateMargin part of the reference loss by which weights about to be published may be worse than those that
 *     serve, on the same samples
 * @param warmUp requests before anything is judged
 * @param span an alarm's evidence must have come over at least this long
 * @param quarantine after which samples become part of the reference
 * @param halfLife of the reference
 * @param maxWeight largest weight that is published, either way
 * @param clean samples must have been as before for this long, to be called so again
 */
public record GateConfig(
        boolean enabled,
        double falseAlarm,
        double doubt,
        Duration holdBack,
        double lossMargin,
        double lossSlack,
        double rateMargin,
        double rateSlack,
        double candidateMargin,
        int warmUp,
        Duration span,
        Duration quarantine,
        Duration halfLife,
        double maxWeight,
        Duration clean) {
    public static final GateConfig DEFAULT = new GateConfig(
            true,
            1e-9,
            100,
            Duration.ofSeconds(2),
            0.25,
            0.05,
            1.0,
            0.05,
            0.1,
            500,
            Duration.ofMillis(500),
            Duration.ofSeconds(10),
            Duration.ofHours(1),
            1e4,
            Duration.ofSeconds(5));

    public GateConfig {
        require(falseAlarm > 0 && falseAlarm < 0.1, "falseAlarm: above 0, below 0.1");
        require(lossMargin >= 0 && lossSlack >= 0 && rateMargin >= 0 && rateSlack > 0, "margins: not negative");
        require(doubt > 1 && !holdBack.isNegative(), "doubt: above 1, holdBack: not negative");
        require(candidateMargin > 0, "candidateMargin: above 0");
        require(warmUp >= 1, "warmUp: at least 1");
        require(maxWeight > 0, "maxWeight: above 0");
        require(!span.isNegative() && quarantine.isPositive() && halfLife.isPositive(), "times: longer than zero");
        require(clean.isPositive(), "clean: longer than zero");
    }

    private static void require(boolean valid, String message) {
        if (!valid) {
            throw new IllegalArgumentException("gate: " + message);
        }
    }
}
