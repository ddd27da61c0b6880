package dev.millrace.api.rank;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.micronaut.serde.annotation.Serdeable;
import java.util.List;
import java.util.Map;

/**
 * What was shown, in this order: best first, unless the model explores.
 *
 * @param modelVersion sequence of the last delta in the weights that scored
 * @param degraded what could not be had for it ({@value #PROFILES}); left out when nothing is amiss
 */
@Serdeable
public record RankAnswer(
        String requestId,
        String model,
        long modelVersion,
        List<Ranked> items,
        @JsonInclude(JsonInclude.Include.NON_EMPTY) List<String> degraded) {
    /** Stored profiles and real-time features: ranked by what the request says, and what was known before. */
    public static final String PROFILES = "profiles";

    public RankAnswer {
        items = List.copyOf(items);
        degraded = List.copyOf(degraded);
    }

    /** Of all that there is. */
    public RankAnswer(String requestId, String model, long modelVersion, List<Ranked> items) {
        this(requestId, model, modelVersion, items, List.of());
    }

    /**
     * @param score predicted probability, 0..1; or what the formula of a model with heads makes of theirs
     * @param propensity probability with which the policy shows the item at this place, above 0; 1: for certain
     * @param heads prediction of each head by its name; empty, and left out, where the model has none
     */
    @Serdeable
    public record Ranked(
            String item,
            float score,
            float propensity,
            @JsonInclude(JsonInclude.Include.NON_EMPTY) Map<String, Float> heads) {
        public Ranked(String item, float score, float propensity) {
            this(item, score, propensity, Map.of());
        }
    }
}
