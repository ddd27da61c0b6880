package dev.millrace.api.explore;

import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.spec.Explore;
import dev.millrace.ingest.spec.ModelSpec;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * One model's exploration policy. With probability ε all candidates are in random order (each of the n! alike);
 * otherwise one of the R given rankings is taken, each with probability 1/R, and with probability ρ its first N places
 * change among themselves, each of the N! ways alike. So item a stands at place k with probability
 *
 * <pre>
 *   p(a, k) = ε/n + (1 − ε) · 1/R · Σᵣ pᵣ(a, k)
 *   pᵣ(a, k) = (1 − ρ)·[ranking r has a at k] + ρ/N·[ranking r has a before N]      k before N
 *            = [ranking r has a at k]                                              k behind
 * </pre>
 *
 * which is exact, given the rankings. With Thompson sampling they are R rankings by weights drawn from the posterior: given
 * these draws, p is the policy's probability and no estimate of it. Over the draws, since the one that is shown is one of
 * R alike, E[w·r] is that of the target policy but for items that stand at their place in none of the R, so an item that
 * Thompson sampling shows with probability q is weighed as if with q / (1 − (1 − q)ᴿ): choose R well above the inverse of the
 * probabilities that matter, or add some ε. All choices follow from the request's id, so that the same request again is
 * answered alike. Immutable.
 */
public final class Explorer {
    private static final long SEED = 0x4578706C6F7265L;
    private static final long DRAWS = 0x44726177735F31L;

    private final Explore explore;
    private final String model;

    public Explorer(ModelSpec spec) {
        explore = spec.explore();
        model = spec.model();
    }

    /** Whether everything is shown best first for certain. */
    public boolean isNone() {
        return explore.isNone();
    }

    /** Rankings of each request that weights are drawn for; 0: none. */
    public int draws() {
        return explore.thompson() == null ? 0 : explore.thompson().draws();
    }

    /** Of a request's draws. */
    public long seed(String requestId) {
        return FeatureIds.hash(model + '\n' + requestId, DRAWS);
    }

    /**
     * O(limit · R + N² · R), plus n.
     *
     * @param rankings R ≥ 1 orders of all candidates, from which one is taken
     * @param limit how many are shown at most
     */
    public Slate choose(String requestId, int[][] rankings, int limit) {
        int n = rankings[0].length;
        SplittableRandom random = new SplittableRandom(FeatureIds.hash(model + '\n' + requestId, SEED));
        boolean anyOrder = random.nextDouble() < explore.epsilon();
        int taking = anyOrder ? Slate.RANDOM : random.nextInt(rankings.length);
        int[] order = anyOrder ? identity(n) : rankings[taking].clone();
        int shown = Math.min(limit, n);
        int top = Math.min(explore.shuffle().top(), n);
        if (anyOrder) {
            shuffle(order, shown, n, random);
        } else if (random.nextDouble() < explore.shuffle().rate()) {
            shuffle(order, top, top, random);
        }
        order = Arrays.copyOf(order, shown);
        float[] propensities = new float[shown];
        for (int place = 0; place < shown; place++) {
            double taken = 0;
            for (int[] ranking : rankings) {
                taken += taken(ranking, order[place], place, top);
            }
            double epsilon = explore.epsilon();
            propensities[place] = (float) (epsilon / n + (1 - epsilon) * taken / rankings.length);
        }
        return new Slate(order, taking, propensities);
    }

    /** Probability that the item stands there when this ranking is taken. */
    private double taken(int[] ranking, int item, int place, int top) {
        double stays = ranking[place] == item ? 1 : 0;
        double rate = explore.shuffle().rate();
        if (place >= top || rate == 0) {
            return stays;
        }
        boolean isTop = false;
        for (int i = 0; i < top && !isTop; i++) {
            isTop = ranking[i] == item;
        }
        return (1 - rate) * stays + (isTop ? rate / top : 0);
    }

    private static int[] identity(int n) {
        int[] order = new int[n];
        Arrays.setAll(order, i -> i);
        return order;
    }

    /** Draws the first {@code places} out of the first {@code n}, every order alike (Fisher and Yates). */
    private static void shuffle(int[] order, int places, int n, SplittableRandom random) {
        for (int i = 0; i < places; i++) {
            int j = i + random.nextInt(n - i);
            int drawn = order[j];
            order[j] = order[i];
            order[i] = drawn;
        }
    }
}
