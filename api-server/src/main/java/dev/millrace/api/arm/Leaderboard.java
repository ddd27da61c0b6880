package dev.millrace.api.arm;

import io.micronaut.serde.annotation.Serdeable;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a family's arms do. All intervals hold at all times at once; null where there is nothing yet.
 *
 * @param model the name that people rank with
 * @param champion the arm that answers
 * @param revision of the registry, for {@code If-Match}
 * @param sinceMs when comparing with this champion began
 * @param openRequests shown, and not all labels there
 * @param leftOut requests that were not compared, since too many were open
 * @param alpha probability that an interval ever misses, at most
 * @param arms champion first, then who is most surely better
 */
@Serdeable
public record Leaderboard(
        String model,
        String champion,
        long revision,
        long sinceMs,
        int openRequests,
        long leftOut,
        double alpha,
        List<Standing> arms) {
    public Leaderboard {
        arms = List.copyOf(arms);
    }

    /**
     * @param role {@code champion}, {@code challenger}, {@code shadow}, {@code segment}, {@code idle}
     * @param compare {@code split}, {@code interleave}; null: it is not compared
     * @param share part of the people who fall to it, as a challenger
     * @param version sequence of its weights
     * @param requests that it scored, whoever answered them
     * @param impressionAuc mean over requests that got both labels
     * @param clickRate of what it answered: share of a request's items that were liked
     * @param versus the champion; null for itself, and for whom nobody compares
     */
    @Serdeable
    public record Standing(
            String model,
            String role,
            @Nullable String compare,
            double share,
            @Nullable Requests segment,
            long version,
            long requests,
            long samples,
            @Nullable Double logLoss,
            @Nullable Double impressionAuc,
            @Nullable Interval clickRate,
            @Nullable Versus versus) {}

    /** The requests that a model is for. */
    @Serdeable
    public record Requests(String by, List<String> values) {}

    /** @param n observations: requests */
    @Serdeable
    public record Interval(double value, double low, double high, long n) {}

    /**
     * Above 0: the arm is better.
     *
     * @param logLossGain on the same samples, in nats, mean over requests
     * @param aucGain on the same requests
     * @param clickGain of its people over the champion's
     * @param evidence ln of the e-value that it is better by log loss
     * @param needed for being promoted by rule
     * @param least samples before that
     * @param verdict {@code collecting}, {@code undecided}, {@code better}, {@code worse}
     */
    @Serdeable
    public record Versus(
            String champion,
            @Nullable Interval logLossGain,
            @Nullable Interval aucGain,
            @Nullable Interval clickGain,
            @Nullable Interleaving interleaving,
            double evidence,
            double needed,
            long least,
            boolean byRule,
            String verdict) {}

    /** @param gain wins less losses, a request in which something was liked */
    @Serdeable
    public record Interleaving(long wins, long losses, long ties, Interval gain) {}
}
