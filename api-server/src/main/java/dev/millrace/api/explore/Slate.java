package dev.millrace.api.explore;

/**
 * What is shown of a request's candidates.
 *
 * @param order indexes of the candidates, in the order shown
 * @param ranking which of the given ones was taken; {@link #RANDOM}: none
 * @param propensities of each place, the probability that the policy shows this item there, in (0, 1]
 */
@SuppressWarnings("ArrayRecordComponent") // handed from one method to the next, never compared
public record Slate(int[] order, int ranking, float[] propensities) {
    public static final int RANDOM = -1;
}
