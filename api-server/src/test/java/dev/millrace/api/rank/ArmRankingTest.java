package dev.millrace.api.rank;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.FixedWeights;
import dev.millrace.api.HandClock;
import dev.millrace.api.MemoryLog;
import dev.millrace.api.MemoryProfiles;
import dev.millrace.api.arm.Arms;
import dev.millrace.api.arm.Family;
import dev.millrace.ingest.feature.FeatureValue.Numeric;
import dev.millrace.ingest.feature.FeatureValue.Text;
import dev.millrace.ingest.proto.Impression;
import dev.millrace.ingest.proto.OtherScores;
import dev.millrace.ingest.proto.ShownItem;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What the log gets to know of requests that arms answer. */
class ArmRankingTest {
    private final MemoryLog log = new MemoryLog();

    private Ranker ranker(Family family) {
        return Ranker.of(family.base(), family, new MemoryProfiles(), log, new HandClock(1234));
    }

    private static RankRequest request(String id, String user, int limit, double... prices) {
        List<RankRequest.Candidate> candidates = new ArrayList<>();
        for (double price : prices) {
            candidates.add(
                    new RankRequest.Candidate("i" + candidates.size(), Map.of("item.price", new Numeric(price))));
        }
        return new RankRequest(id, true, user, null, Map.of("context.tariff", new Text("t")), candidates, limit);
    }

    private Impression rank(Ranker ranker, String id, String user, double... prices) {
        ranker.rank(request(id, user, 10, prices)).join();
        return log.impressions.getLast();
    }

    private static List<String> items(Impression impression) {
        return impression.getItemsList().stream().map(ShownItem::getItem).toList();
    }

    @Test
    void aShadowScoresWhatWasShownAndChangesNothing() {
        Family family = Arms.family(Arms.scoring(Arms.spec("wide", "arm: {}"), -1));
        RankAnswer answer =
                ranker(family).rank(request("r", "u", 2, .25, .75, .5)).join();
        Impression shown = log.impressions.getLast();
        assertEquals("movies", answer.model());
        assertEquals(List.of("i1", "i2"), items(shown));
        assertEquals("movies", shown.getModel());
        assertEquals("", shown.getScoredBy());
        assertFalse(shown.hasExposure());
        OtherScores other = shown.getOthers(0);
        assertEquals("wide", other.getModel());
        assertEquals(5, other.getModelVersion());
        assertEquals(List.of(.25f, .5f), other.getScoresList());
    }

    @Test
    void aChallengersPeopleSeeItsListAndTheLogSaysSo() {
        Family family =
                Arms.family(Arms.scoring(Arms.spec("wide", "arm: {role: challenger, share: 0.5, experiment: e}"), -1));
        Ranker ranker = ranker(family);
        int challengers = 0;
        for (int i = 0; i < 100; i++) {
            Impression shown = rank(ranker, "r" + i, "u" + i, .25, .75);
            assertEquals("movies", shown.getModel(), "all learn from it");
            assertEquals("e", shown.getExposure().getExperiment());
            assertEquals(.5f, shown.getExposure().getShare());
            assertEquals(1f, shown.getItems(0).getPropensity(), "of the arm's policy, which is certain");
            if (shown.getExposure().getArm().equals("wide")) {
                challengers++;
                assertEquals("wide", shown.getScoredBy());
                assertEquals(List.of("i0", "i1"), items(shown));
                assertEquals(.75f, shown.getItems(0).getScore());
                assertEquals(5, shown.getModelVersion());
                assertEquals(family.members().get(1).spec().fingerprint(), shown.getSpecFingerprint());
                assertEquals("movies", shown.getOthers(0).getModel());
                assertEquals(List.of(.25f, .75f), shown.getOthers(0).getScoresList());
            } else {
                assertEquals("movies", shown.getExposure().getArm());
                assertEquals(List.of("i1", "i0"), items(shown));
            }
        }
        assertEquals(50, challengers, 20);
    }

    /** Each list says who drafted what, and with what probability an item stands where it stands. */
    @Test
    void anInterleavedListIsDraftedInTurn() {
        Family family = Arms.family(
                Arms.scoring(Arms.spec("wide", "arm: {role: challenger, share: 0.999, compare: interleave}"), -1));
        Ranker ranker = ranker(family);
        double firstIsChampions = 0;
        double said = 0;
        int requests = 1_000;
        for (int i = 0; i < requests; i++) {
            Impression shown = rank(ranker, "r" + i, "u" + i, .1, .2, .3, .4);
            if (!shown.getExposure().getInterleaved()) {
                continue;
            }
            assertEquals("wide", shown.getExposure().getArm());
            assertEquals(4, shown.getExposure().getDraftedCount());
            assertEquals(
                    2,
                    shown.getExposure().getDraftedList().stream().filter(d -> d).count());
            String first = shown.getItems(0).getItem();
            assertEquals(shown.getExposure().getDrafted(0) ? "i0" : "i3", first);
            assertTrue(shown.hasExploration(), "a list that might have been another can be evaluated");
            assertEquals(first.equals("i3") ? 1 : 4, shown.getItems(0).getBestPlace());
            firstIsChampions += first.equals("i3") ? 1 : 0;
            float p = shown.getItems(0).getPropensity();
            said += first.equals("i3") ? p : 1 - p;
        }
        assertEquals(requests / 2.0, firstIsChampions, 4.5 * Math.sqrt(requests / 4.0));
        // Given the drafts of a request its probabilities are exact, so their mean is how often it happens.
        assertEquals(said, firstIsChampions, 4.5 * Math.sqrt(requests / 4.0));
    }

    @Test
    void whoseWeightsCannotBeHadDoesNotLookOn() {
        FixedWeights wide = Arms.scoring(Arms.spec("wide", "arm: {}"), 0);
        wide.available = false;
        Impression shown = rank(ranker(Arms.family(wide)), "r", "u", .5);
        assertEquals(0, shown.getOthersCount());
    }

    /** Asked for by its own name an arm answers itself, on the log that all learn from. */
    @Test
    void anArmMayBeAskedForByName() {
        FixedWeights wide = Arms.scoring(Arms.spec("wide", "arm: {}"), -1);
        Family family = Arms.family(wide);
        Ranker ranker = Ranker.of(wide, family, new MemoryProfiles(), log, new HandClock(1));
        RankAnswer answer = ranker.rank(request("r", "u", 2, .25, .75)).join();
        assertEquals("wide", answer.model());
        Impression shown = log.impressions.getLast();
        assertEquals("movies", shown.getModel());
        assertEquals("wide", shown.getScoredBy());
        assertEquals("movies", shown.getOthers(0).getModel());
        assertFalse(shown.hasExposure());
    }
}
