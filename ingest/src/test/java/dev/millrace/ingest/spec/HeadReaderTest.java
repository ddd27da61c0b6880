package dev.millrace.ingest.spec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class HeadReaderTest {
    private static final String HEADS =
            "{click: {labels: {click: 1}}, watch: {objective: squared, weight: 0.5, absence: drop,"
                    + " labels: {watch: {perUnit: 0.1, atMost: 10}}, aggregate: sum}}";

    private static ModelSpec spec(String heads, String more) {
        return SpecReader.parse(
                "test",
                "{model: m, rewardWindow: 1s, slots: {user: {type: category, from: user.id}, item: {type: category, from: item.id}},"
                        + " network: {type: widedeep, dim: 4, hidden: [8]}, heads: " + heads + more + "}");
    }

    private static String problem(String heads, String more) {
        return String.valueOf(
                assertThrows(SpecException.class, () -> spec(heads, more)).getMessage());
    }

    @Test
    void readsHeadsAndWhatRanks() {
        ModelSpec spec = spec(HEADS, ", score: 'click + 0.1 * max(0, watch)'");
        assertEquals(List.of("click", "watch"), spec.heads().names());
        Heads.Head watch = spec.heads().all().get(1);
        assertEquals(Objective.SQUARED, watch.objective());
        assertEquals(Labels.Aggregate.SUM, watch.labels().aggregate());
        assertEquals(Policies.Absence.DROP, watch.absence());
        assertEquals(0.5, watch.weight());
        assertEquals(Objective.LOGISTIC, spec.objective());
        assertEquals(Set.of("click"), spec.labels().rules().keySet());
        assertEquals(Set.of("click", "watch"), spec.actionTypes());
        assertEquals(0.3f, spec.heads().score().of(new float[] {9f, 0.2f, 1f}, 1), 1e-6f);
        assertEquals(0.2f, spec.heads().score().of(new float[] {0.2f, -1f}, 0), 1e-6f);
    }

    @Test
    void theFormulaMayChangeAndTheHeadsMayNot() {
        long fingerprint = spec(HEADS, "").fingerprint();
        assertEquals(fingerprint, spec(HEADS, ", score: watch").fingerprint());
        assertNotEquals(fingerprint, spec(HEADS.replace("0.5", "0.6"), "").fingerprint());
        assertNotEquals(
                fingerprint, spec(HEADS.replace("watch: {o", "stay: {o"), "").fingerprint());
    }

    @Test
    void formulasFollowTheUsualRules() {
        List<String> heads = List.of("a", "b");
        float[] p = {2f, 3f};
        assertEquals(11f, ScoreFormula.parse("a + b * 3", heads).of(p, 0));
        assertEquals(15f, ScoreFormula.parse("(a+b)*3", heads).of(p, 0));
        assertEquals(-8f, ScoreFormula.parse("-a^b", heads).of(p, 0));
        assertEquals(0.25f, ScoreFormula.parse("a^-2", heads).of(p, 0));
        assertEquals(-2f, ScoreFormula.parse("a - b - 1", heads).of(p, 0));
        assertEquals(2f, ScoreFormula.parse("min(a, b) / max(1, 0.5)", heads).of(p, 0));
        assertEquals(
                (float) StrictMath.log1p(3),
                ScoreFormula.parse("log1p(b)", heads).of(p, 0));
        assertEquals(0f, ScoreFormula.parse("a / 0", heads).of(p, 0));
    }

    @Test
    void errorsNameTheFieldAndTheFix() {
        assertTrue(problem(HEADS, ", score: 'clik * 2'").contains("no head or function 'clik'"));
        assertTrue(problem(HEADS, ", score: 'click * (2'").contains("')' is missing"));
        assertTrue(problem(HEADS, ", score: 'click *'").contains("ends where"));
        assertTrue(problem(HEADS, ", objective: logistic").contains("objective"));
        assertTrue(problem(HEADS, ", policies: {keepNegatives: 0.5}").contains("policies.keepNegatives"));
        assertTrue(problem(HEADS, ", policies: {delay: immediate}").contains("policies.delay"));
        assertTrue(problem("{click: {labels: {click: 1}}}", "").contains("2..16"));
        assertTrue(problem("{a: {labels: {a: 1}}, b: {label: {b: 1}}}", "").contains("unknown key"));
        String linear =
                "{model: m, rewardWindow: 1s, slots: {user: {type: category, from: user.id}}, heads: " + HEADS + "}";
        String refused = String.valueOf(assertThrows(SpecException.class, () -> SpecReader.parse("test", linear))
                .getMessage());
        assertTrue(refused.contains("share layers"), refused);
    }
}
