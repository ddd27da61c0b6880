package dev.millrace.api.rank;

import dev.millrace.api.explore.Slate;
import dev.millrace.ingest.proto.Exploration;
import org.jspecify.annotations.Nullable;

/**
 * Which candidates a request is answered with, and what the log must know of the others.
 *
 * @param order indexes of the candidates, in the order shown
 * @param propensities of each place; null: all certain
 * @param bestPlaces each candidate's place by score; null: not said
 * @param exploration null where nothing explores
 * @param drafted of each place of an interleaved list, whether the arm drafted the item; null: it is none
 */
@SuppressWarnings("ArrayRecordComponent") // handed from one method to the next, never compared
record Shown(
        int[] order,
        float @Nullable [] propensities,
        int @Nullable [] bestPlaces,
        @Nullable Exploration exploration,
        boolean @Nullable [] drafted) {
    /** Best first, for certain. */
    static Shown best(int[] order) {
        return new Shown(order, null, null, null, null);
    }

    /**
     * @param best all candidates, best first
     * @param scores of all candidates
     */
    static Shown explored(Slate slate, int[] best, float[] scores) {
        int[] places = new int[best.length];
        double sum = 0;
        for (int i = 0; i < best.length; i++) {
            places[best[i]] = i + 1;
            sum += scores[i];
        }
        Exploration.Builder exploration =
                Exploration.newBuilder().setCandidates(best.length).setMeanScore((float) (sum / best.length));
        for (int i = 0; i < slate.order().length; i++) {
            exploration.addBestScores(scores[best[i]]);
        }
        return new Shown(slate.order(), slate.propensities(), places, exploration.build(), null);
    }

    /** @param byItem of each candidate, whether the arm drafted it */
    Shown drafted(boolean[] byItem) {
        boolean[] byPlace = new boolean[order.length];
        for (int place = 0; place < order.length; place++) {
            byPlace[place] = byItem[order[place]];
        }
        return new Shown(order, propensities, bestPlaces, exploration, byPlace);
    }

    float propensity(int place) {
        return propensities == null ? 1f : propensities[place];
    }

    /** From 1; 0: not said. */
    int bestPlace(int place) {
        return bestPlaces == null ? 0 : bestPlaces[order[place]];
    }
}
