package dev.millrace.api.arm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.Samples;
import dev.millrace.ingest.feature.EncodedImpression;
import dev.millrace.ingest.proto.Exposure;
import dev.millrace.ingest.proto.Impression;
import dev.millrace.ingest.proto.OtherScores;
import dev.millrace.ingest.proto.ShownItem;
import dev.millrace.ingest.spec.ArmSpec.Role;
import dev.millrace.ps.version.VersionBook;
import dev.millrace.ps.version.VersionEvents;
import dev.millrace.ps.version.VersionEvents.Said;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

class FamilyBoardTest {
    private static final long START = 1_000;
    private static final long HOLD = 100;
    private static final double LN_FOUR_THIRDS = Math.log(4.0 / 3);

    private VersionBook book = VersionBook.EMPTY;
    private final Family family =
            Arms.family(() -> book, Arms.scoring(Arms.spec("wide", "arm: {role: challenger, share: 0.5}"), 0));
    private final FamilyBoard board = board(2);

    private FamilyBoard board(int maxOpen) {
        return new FamilyBoard(family, HOLD, new FamilyBoard.Bounds(maxOpen, 4), START);
    }

    /** Two items a and b; the champion gives each a half, the challenger 3/4 and 1/4. */
    private static EncodedImpression shown(String request, long timeMs, Exposure.Builder exposure) {
        Impression impression = Impression.newBuilder()
                .setRequestId(request)
                .setModel("movies")
                .setTimeMs(timeMs)
                .addItems(ShownItem.newBuilder().setItem("a").setScore(0.5f))
                .addItems(ShownItem.newBuilder().setItem("b").setScore(0.5f))
                .addOthers(OtherScores.newBuilder()
                        .setModel("wide")
                        .addScores(0.75f)
                        .addScores(0.25f))
                .setExposure(exposure)
                .build();
        byte[] bytes = impression.toByteArray();
        return EncodedImpression.check(bytes, 0, bytes.length).orElseThrow();
    }

    private static EncodedImpression shown(String request) {
        return shown(request, START, Exposure.newBuilder().setArm("movies"));
    }

    private <T> T look(long nowMs, Function<FamilyBoard.Known, T> view) {
        return board.look(nowMs, view);
    }

    private ArmTally tally(String arm, long nowMs) {
        return look(nowMs, known -> known.tally().apply(arm));
    }

    private static Samples labels(String request, float a, float b) {
        return new Samples().add(request, "a", "", a, 0).add(request, "b", "", b, 0);
    }

    @Test
    void bothAreMeasuredOnTheSameSamples() {
        board.impression(shown("r"), START);
        board.samples(labels("r", 1, 0).block(1), START + 1);
        assertEquals(0, tally("wide", START + HOLD - 1).requests());
        ArmTally wide = tally("wide", START + HOLD);
        ArmTally champion = tally("movies", START + HOLD);
        assertEquals(1, wide.requests());
        assertEquals(2, wide.samples());
        assertEquals(Math.log(2), champion.logLoss(), 1e-6);
        assertEquals(LN_FOUR_THIRDS, wide.logLoss(), 1e-6);
        assertEquals(Math.log(2) - LN_FOUR_THIRDS, wide.lossGain().value(), 1e-6);
        assertEquals(0.5, wide.aucGain().value(), 1e-9);
        assertEquals(0.5, champion.clicks().value(), 1e-9);
        assertEquals(0, wide.clicks().count(), "it answered nobody");
    }

    @Test
    void labelsThatComeBeforeTheirImpressionWaitForIt() {
        board.samples(labels("r", 1, 0).block(1), START);
        board.impression(shown("r"), START);
        assertEquals(2, tally("wide", START + HOLD).samples());
    }

    @Test
    void whatWasShownBeforeAndWhatIsTooMuchIsNotCompared() {
        board.impression(shown("old", START - 1, Exposure.newBuilder()), START);
        board.impression(shown("r1"), START);
        board.impression(shown("r2"), START);
        board.impression(shown("r3"), START);
        assertEquals(2, look(START, FamilyBoard.Known::open));
        assertEquals(1, look(START, FamilyBoard.Known::leftOut));
        for (int i = 0; i < 10; i++) {
            board.samples(labels("unknown" + i, 1, 0).block(1), START);
        }
        board.samples(labels("r1", 0, 0).block(1), START);
        ArmTally wide = tally("wide", START + HOLD);
        assertEquals(1, wide.requests(), "no label, no comparison");
        assertEquals(0, wide.aucGain().count());
    }

    @Test
    void clicksOnADraftedListSpeakForWhoDraftedTheItem() {
        Exposure.Builder interleaved = Exposure.newBuilder()
                .setArm("wide")
                .setInterleaved(true)
                .addDrafted(true)
                .addDrafted(false);
        board.impression(shown("r1", START, interleaved), START);
        board.impression(shown("r2", START, interleaved), START);
        board.samples(labels("r1", 1, 0).block(1), START);
        board.samples(labels("r2", 0, 0).block(1), START);
        ArmTally wide = tally("wide", START + HOLD);
        assertEquals(1, wide.wins());
        assertEquals(0, wide.ties(), "nobody liked anything: that speaks for none");
        assertEquals(0, tally("movies", START + HOLD).clicks().count());
    }

    @Test
    void anotherChampionIsComparedAnew() {
        board.impression(shown("r"), START);
        board.samples(labels("r", 1, 0).block(1), START);
        assertEquals(1, tally("wide", START + HOLD).requests());
        book = book.with(0, VersionEvents.arm("wide", Role.CHAMPION, 0, Said.of(1, "eve", "")));
        assertEquals("wide", look(START + HOLD, FamilyBoard.Known::champion));
        assertEquals(0, tally("wide", START + HOLD).requests());
        board.impression(shown("s", START + HOLD, Exposure.newBuilder().setArm("movies")), START + HOLD);
        board.samples(labels("s", 1, 0).block(1), START + HOLD);
        ArmTally movies = tally("movies", START + 2 * HOLD);
        assertTrue(movies.lossGain().value() < 0, "now it is the one that is compared");
    }

    @Test
    void goesOnFromItsEvidence() {
        board.impression(shown("r"), START);
        board.samples(labels("r", 1, 0).block(1), START);
        look(START + HOLD, FamilyBoard.Known::open);
        FamilyBoard after = board(2);
        after.restore(board.evidence(), START + HOLD);
        assertEquals(board.evidence(), after.evidence());
        book = book.with(0, VersionEvents.arm("wide", Role.CHAMPION, 0, Said.of(1, "eve", "")));
        FamilyBoard other = board(2);
        other.restore(after.evidence(), START + HOLD);
        assertEquals(0, other.evidence().getSumsCount(), "of another champion");
    }
}
