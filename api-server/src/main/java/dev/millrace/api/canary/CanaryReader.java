package dev.millrace.api.canary;

import java.io.IOException;

/** Reads back what a canary would be answered now. */
@FunctionalInterface
public interface CanaryReader {
    /**
     * @return score of the model's canary of that number
     * @throws IOException when it cannot be had; a later try may
     */
    float score(String model, long number) throws IOException, InterruptedException;
}
