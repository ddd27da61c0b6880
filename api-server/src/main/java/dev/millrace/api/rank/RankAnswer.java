package dev.millrace.api.rank;

import io.micronaut.serde.annotation.Serdeable;
import java.util.List;

/**
 * What was shown, in this order: best first, unless the model explores.
 *
 * @param modelVersion sequence of the last delta in the weights that scored
 */
@Serdeable
public record RankAnswer(String requestId, String model, long modelVersion, List<Ranked> items) {
    public RankAnswer {
        items = List.copyOf(items);
    }

    /**
     * @param score predicted probability, 0..1
     * @param propensity probability with which the policy shows the item at this place, above 0; 1: for certain
     */
    @Serdeable
    public record Ranked(String item, float score, float propensity) {}
}
