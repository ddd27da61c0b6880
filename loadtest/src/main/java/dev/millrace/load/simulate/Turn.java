package dev.millrace.load.simulate;

/**
 * One request of the demo and what the simulation knows of it.
 *
 * @param endedNs by {@link System#nanoTime}
 * @param rankNs from sending to the answer
 * @param scores of the items shown, best first
 * @param clicked belongs to {@code scores}
 * @param top hidden click probability of the item that was ranked first
 * @param random mean of the hidden click probabilities of all candidates
 * @param best highest of them
 * @param freshnessNs from posting the clicks to knowing that serving has learned of the last; −1 without a click
 */
record Turn(
        long endedNs,
        long rankNs,
        double[] scores,
        boolean[] clicked,
        double top,
        double random,
        double best,
        long freshnessNs) {
    int clicks() {
        int clicks = 0;
        for (boolean one : clicked) {
            clicks += one ? 1 : 0;
        }
        return clicks;
    }
}
