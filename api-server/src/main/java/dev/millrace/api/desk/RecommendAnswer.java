package dev.millrace.api.desk;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.millrace.api.rank.RankAnswer;
import io.micronaut.serde.annotation.Serdeable;
import java.util.List;
import java.util.Map;

/**
 * What of the catalogue was shown, in this order.
 *
 * @param candidates how many were ranked; 0: nothing is known that may be shown
 * @param degraded as of a {@link RankAnswer}
 */
@Serdeable
public record RecommendAnswer(
        String requestId,
        String model,
        long modelVersion,
        int candidates,
        List<Recommended> items,
        @JsonInclude(JsonInclude.Include.NON_EMPTY) List<String> degraded) {
    public RecommendAnswer {
        items = List.copyOf(items);
        degraded = List.copyOf(degraded);
    }

    /**
     * @param propensity probability with which the policy shows the item at this place
     * @param heads as of a {@link RankAnswer.Ranked}
     * @param sources why it was a candidate: {@code together}, {@code nearest}, {@code popular}, {@code recent}
     */
    @Serdeable
    public record Recommended(
            String item,
            float score,
            float propensity,
            @JsonInclude(JsonInclude.Include.NON_EMPTY) Map<String, Float> heads,
            List<String> sources) {}

    static RecommendAnswer of(RankAnswer ranked, int candidates, Map<String, List<String>> sources) {
        return new RecommendAnswer(
                ranked.requestId(),
                ranked.model(),
                ranked.modelVersion(),
                candidates,
                ranked.items().stream()
                        .map(one -> new Recommended(
                                one.item(),
                                one.score(),
                                one.propensity(),
                                one.heads(),
                                sources.getOrDefault(one.item(), List.of())))
                        .toList(),
                ranked.degraded());
    }
}
