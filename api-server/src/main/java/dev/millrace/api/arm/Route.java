package dev.millrace.api.arm;

import dev.millrace.ingest.proto.Exposure;
import org.jspecify.annotations.Nullable;

/**
 * Who answers a request.
 *
 * @param answers whose scores are answered
 * @param drafts the arm that drafts the list in turn with it; null: none
 * @param exposure which part of an experiment the request is; null: of none
 */
public record Route(
        Arm answers, @Nullable Arm drafts, @Nullable Exposure exposure) {
    static Route to(Arm arm) {
        return new Route(arm, null, null);
    }
}
