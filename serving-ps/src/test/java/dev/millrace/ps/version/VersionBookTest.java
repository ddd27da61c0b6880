package dev.millrace.ps.version;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ingest.proto.ArmEvidence;
import dev.millrace.ingest.proto.DirectiveDone;
import dev.millrace.ingest.proto.GateReport;
import dev.millrace.ingest.proto.VersionEvent;
import dev.millrace.ingest.spec.ArmSpec.Role;
import dev.millrace.ps.version.VersionEvents.Said;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class VersionBookTest {
    private static final Said ANYBODY = Said.of(1_000, "eve", "because");

    private VersionBook book = VersionBook.EMPTY;

    private long say(VersionEvent event) {
        long offset = book.next();
        book = book.with(offset, event);
        return offset;
    }

    private static ModelVersion version(long number, long samples) {
        return new ModelVersion(
                number,
                1_000 * number,
                77,
                samples,
                Map.of(0, samples),
                samples,
                0,
                5,
                9,
                number - 1,
                "schedule",
                "",
                "k",
                "",
                Map.of());
    }

    private static Said seen(long revision) {
        return new Said(2_000, "adam", "", Map.of("auc", 0.7), revision);
    }

    @Test
    void whatWasWrittenForAnotherRevisionCountsForNothing() {
        say(VersionEvents.made(version(1, 10), ANYBODY));
        say(VersionEvents.made(version(2, 20), ANYBODY));
        long revision = book.revision();
        assertEquals(0, revision, "a version changes nothing that anybody relies on");
        long first = say(VersionEvents.alias("canary", 1, seen(revision)));
        long second = say(VersionEvents.alias("canary", 2, seen(revision)));
        assertTrue(book.counted(first));
        assertFalse(book.counted(second));
        assertEquals(Map.of("canary", 1L), book.aliases());
        say(VersionEvents.alias("canary", 2, seen(book.revision())));
        assertEquals(Map.of("canary", 2L), book.aliases());
        assertEquals(0.7, book.audit().getLast().metrics().get("auc"));
    }

    @Test
    void aDirectiveIsPendingUntilSomebodySaysWhatBecameOfIt() {
        say(VersionEvents.made(version(1, 10), ANYBODY));
        say(VersionEvents.directive(Directive.toVersion(1, List.of(new Stretch(0, 3, 5))), ANYBODY));
        assertTrue(book.pending());
        assertEquals(1, book.aliases().get(VersionBook.CHAMPION));
        assertEquals(List.of(new Stretch(0, 3, 5)), book.directive().without());
        long revision = book.directive().revision();
        say(VersionEvents.done(
                DirectiveDone.newBuilder()
                        .setDirective(revision)
                        .setSequence(12)
                        .build(),
                ANYBODY));
        assertFalse(book.pending());
        assertTrue(book.carriedOut(revision));
        assertFalse(book.carriedOut(revision + 1));
    }

    @Test
    void whatTheGateSaysHoldsUntilLearningGoesOn() {
        say(VersionEvents.directive(Directive.holdBefore(Map.of(0, 40L)), ANYBODY));
        say(VersionEvents.gate(
                GateReport.newBuilder().setFrozen(true).putSuspectFrom(0, 40).build(), ANYBODY));
        assertTrue(book.gate().getFrozen());
        say(VersionEvents.directive(Directive.goOn(List.of(new Stretch(0, 40, 50))), ANYBODY));
        assertFalse(book.gate().getFrozen());
    }

    @Test
    void aRetiredVersionIsGoneAndItsNumberIsNotGivenAgainWhileALaterOneIsThere() {
        say(VersionEvents.made(version(1, 10), ANYBODY));
        say(VersionEvents.made(version(2, 20), ANYBODY));
        say(VersionEvents.retired(1, ANYBODY));
        assertEquals(3, book.nextNumber());
        assertEquals(2, book.newest().orElseThrow().number());
        assertEquals(List.of(), book.aliasesOf(2));
    }

    /** Written when there were these events, in this form: a registry outlives its readers. */
    @Test
    void eventsOfTheFirstFormatAreStillRead() throws IOException {
        try (InputStream fossil = Objects.requireNonNull(getClass().getResourceAsStream("events-1.txt"))) {
            String lines = new String(fossil.readAllBytes(), StandardCharsets.US_ASCII);
            for (String line : lines.lines().toList()) {
                VersionEvent event = VersionEvent.parseFrom(Base64.getDecoder().decode(line));
                // The alias was written for a revision; here it is the first of all.
                say(event.toBuilder().clearExpectedRevision().build());
            }
        }
        ModelVersion made = book.newest().orElseThrow();
        assertEquals(12, made.number());
        assertEquals(0x1234567890abcdefL, made.specFingerprint());
        assertEquals(Map.of(0, 99L), made.offsets());
        assertEquals(0.75, made.metrics().get("auc"));
        assertEquals(Map.of("canary", 12L, VersionBook.CHAMPION, 12L), book.aliases());
        assertEquals(
                new Directive(3, 12, Map.of(0, 40L), List.of(new Stretch(0, 40, 60)), true, Map.of(0, 40L)),
                book.directive());
        assertTrue(book.carriedOut(3));
        assertEquals(60, book.gate().getCleanFromOrThrow(0));
    }

    @Test
    void anArmTakesTheChampionsPlaceAndGivesItBack() {
        assertEquals(Optional.empty(), book.championArm());
        say(VersionEvents.arm("wide", Role.CHALLENGER, 0.2, ANYBODY));
        assertEquals(new ArmState(Role.CHALLENGER, 0.2), book.arms().get("wide"));
        long seen = book.revision();
        say(VersionEvents.arm("wide", Role.CHAMPION, 0, seen(seen)));
        assertEquals(Optional.of("wide"), book.championArm());
        say(VersionEvents.arm("deep", Role.CHAMPION, 0, seen(seen)));
        assertEquals(Optional.of("wide"), book.championArm(), "of an older revision");
        say(VersionEvents.arm("shop", Role.CHAMPION, 0, seen(book.revision())));
        assertEquals(Optional.of("shop"), book.championArm());
        assertEquals(new ArmState(Role.SHADOW, 0.2), book.arms().get("wide"));
        assertEquals("shop is champion", book.audit().getLast().what());
        long revision = book.revision();
        int audit = book.audit().size();
        say(VersionEvents.evidence(ArmEvidence.newBuilder().setChampion("shop").build(), ANYBODY));
        assertEquals("shop", book.evidence().getChampion());
        assertEquals(revision, book.revision(), "nothing that anybody relies on");
        assertEquals(audit, book.audit().size());
    }
}
