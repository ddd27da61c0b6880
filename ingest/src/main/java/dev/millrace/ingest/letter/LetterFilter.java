package dev.millrace.ingest.letter;

import dev.millrace.ingest.proto.DeadLetter;
import dev.millrace.ingest.proto.DeadLetterReason;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which letters.
 *
 * @param reasons empty: any
 * @param model of the impression, or that an unknown one names; null: any
 * @param request of the action; null: any
 */
public record LetterFilter(
        Set<DeadLetterReason> reasons,
        @Nullable String model,
        @Nullable String request) {
    public LetterFilter {
        reasons = Set.copyOf(reasons);
    }

    boolean takes(DeadLetter letter) {
        return (reasons.isEmpty() || reasons.contains(letter.getReason()))
                && (model == null || model.equals(letter.getModel()))
                && (request == null
                        || request.equals(letter.getAction().getRequestId())
                        || request.equals(ReplayedEvent.of(letter)
                                .map(ReplayedEvent::requestId)
                                .orElse("")));
    }
}
