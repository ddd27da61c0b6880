package dev.millrace.api.desk;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.micronaut.serde.annotation.Serdeable;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Why items score what they score.
 *
 * @param modelVersion sequence of the last delta in the weights that are explained
 * @param learnedMs when the learner made it, milliseconds since the epoch
 * @param offsets partition of the samples topic to the offset up to which (exclusive) those weights include it
 * @param method how logits are taken apart: {@code terms}, {@code shapley} or {@code integrated-gradients}
 * @param sinceVersion the earlier version that changes are told from
 */
@Serdeable
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ExplainAnswer(
        String model,
        long modelVersion,
        long learnedMs,
        Map<String, Long> offsets,
        String method,
        @Nullable Long sinceVersion,
        List<Explanation> items) {
    public ExplainAnswer {
        items = List.copyOf(items);
    }

    /**
     * One item: {@code logit} = {@code base} + Σ contributions + {@code others}.
     *
     * @param base what the layers give without any feature
     * @param others sum of the contributions that are not listed
     * @param was the same at the earlier version
     */
    @Serdeable
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Explanation(
            String item,
            double score,
            double logit,
            double base,
            double others,
            @Nullable Was was,
            List<Contribution> contributions) {
        public Explanation {
            contributions = List.copyOf(contributions);
        }
    }

    /** An item at an earlier version. */
    @Serdeable
    public record Was(double score, double logit, double base, double others) {}

    /**
     * @param feature like {@code tags=hat}, or {@code user=anna * tags=hat}
     * @param value of the feature in the vector
     * @param contribution to the logit
     * @param was its contribution at the earlier version
     */
    @Serdeable
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Contribution(
            String feature,
            double value,
            double contribution,
            @Nullable Double was) {}
}
