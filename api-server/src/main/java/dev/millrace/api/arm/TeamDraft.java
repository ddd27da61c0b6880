package dev.millrace.api.arm;

import java.util.SplittableRandom;

/**
 * A list that two rankings draft in turn: who has fewer items picks the best that is left, a coin says who begins a round
 * (team draft interleaving; Radlinski, Kurup, Joachims, CIKM 2008). Clicks then speak for whoever drafted the item.
 *
 * @param order all candidates
 * @param drafted of each candidate, whether the second ranking drafted it
 */
@SuppressWarnings("ArrayRecordComponent") // handed from one method to the next, never compared
public record TeamDraft(int[] order, boolean[] drafted) {
    /** O(n). @param first order of all candidates. @param second another one of the same */
    public static TeamDraft of(int[] first, int[] second, SplittableRandom random) {
        int n = first.length;
        int[] order = new int[n];
        boolean[] taken = new boolean[n];
        boolean[] drafted = new boolean[n];
        int[] next = new int[2];
        int lead = 0;
        for (int place = 0; place < n; place++) {
            // Who has fewer picks; a coin between equals.
            boolean bySecond = lead > 0 || (lead == 0 && random.nextBoolean());
            int[] ranking = bySecond ? second : first;
            int of = bySecond ? 1 : 0;
            while (taken[ranking[next[of]]]) {
                next[of]++;
            }
            int item = ranking[next[of]];
            taken[item] = true;
            drafted[item] = bySecond;
            order[place] = item;
            lead += bySecond ? -1 : 1;
        }
        return new TeamDraft(order, drafted);
    }
}
