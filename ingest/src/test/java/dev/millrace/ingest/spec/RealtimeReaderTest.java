package dev.millrace.ingest.spec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RealtimeReaderTest {
    private static final String GOOD = """
            model: shop
            objective: logistic
            labels: {click: 1}
            rewardWindow: 5s
            slots:
              liked: {type: categories, from: user.liked, crossedOnly: true}
              ctr: {type: number, from: item.ctr_1h, transform: logit, standardize: true}
              item: {type: category, from: item.id}
            crosses: [[liked, item]]
            realtime:
              liked: {last: [like], length: 5}
              ctr: {rate: [click], per: [shown], of: item, by: user.country, windows: [1m, 60m, 1d], prior: 0.04, strength: 9}
              buys: {count: [buy], of: user, windows: [90s]}
            """;

    @Test
    void readsLastItemsCountsAndRates() {
        List<Realtime> realtime = SpecReader.parse("good", GOOD).realtime();
        assertEquals(new LastItems("liked", Set.of("like"), 5), realtime.get(0));
        assertEquals(
                new Decayed(
                        "ctr",
                        Decayed.Of.ITEM,
                        "user.country",
                        Set.of("click"),
                        Set.of(Decayed.SHOWN),
                        List.of(Duration.ofMinutes(1), Duration.ofHours(1), Duration.ofDays(1)),
                        0.04,
                        9),
                realtime.get(1));
        assertEquals(List.of("user.liked"), realtime.get(0).attributes());
        assertEquals(
                List.of("item.ctr_1m", "item.ctr_1h", "item.ctr_1d"),
                realtime.get(1).attributes());
        assertEquals(List.of("user.buys_90s"), realtime.get(2).attributes());
    }

    @Test
    void whatAFeatureMeansIsPartOfTheFingerprint() {
        long good = SpecReader.parse("good", GOOD).fingerprint();
        for (String change : List.of("length: 5", "prior: 0.04", "strength: 9", "1d]", "[buy]")) {
            String other =
                    change.replace('5', '6').replace('9', '8').replace("4", "5").replace("1d", "2d");
            String changed = GOOD.replace(change, other.replace("buy", "order"));
            assertNotEquals(good, SpecReader.parse("changed", changed).fingerprint(), change);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            last: [like]     | lasst: [like]          | realtime.liked         | one of last, count and rate
            last: [like]     | last: like             | realtime.liked.last    | a list of action types
            last: [like]     | last: [shown]          | realtime.liked.last    | no action
            length: 5        | length: 0              | realtime.liked.length  | 1..100
            length: 5        | windows: [1m]          | realtime.liked.windows | for count and rate
            per: [shown],    | ''                     | realtime.ctr.per       | a list of action types
            of: item         | of: itm                | realtime.ctr.of        | did you mean 'item'
            of: item,        | of: user,              | realtime.ctr.by        | 'of: item'
            by: user.country | by: item.country       | realtime.ctr.by        | user.NAME
            60m, 1d          | 1d, 60m                | realtime.ctr.windows   | ascend
            60m, 1d          | 1d, 366d               | realtime.ctr.windows   | 365d
            60m, 1d          | soon                   | realtime.ctr.windows[1] | like 500ms
            prior: 0.04      | prior: 1               | realtime.ctr.prior     | above 0, below 1
            strength: 9      | strength: 0            | realtime.ctr.strength  | above 0
            strength: 9      | strengt: 9             | realtime.ctr.strengt   | did you mean 'strength'
            count: [buy]     | count: [buy], prior: 0.1 | realtime.buys.prior  | for rate
            buys:            | liked_:                | realtime.liked_        | makes
            crosses: [[liked, item]] | crosses: []    | slots.liked.crossedOnly | no cross
            """)
    void namesTheFieldAndTheFix(String good, String bad, String field, String fix) {
        // The two names make one attribute: user.liked_90s.
        String yaml = GOOD.replace(good, bad)
                .replace("liked: {last: [like], length: 5}", "liked: {last: [like], length: 5}" + sameName(bad));
        SpecException e = assertThrows(SpecException.class, () -> SpecReader.parse("bad", yaml));
        assertTrue(
                e.problems().stream()
                        .anyMatch(p -> p.field().equals(field) && p.message().contains(fix)),
                e.getMessage());
    }

    private static String sameName(String bad) {
        return bad.equals("liked_:") ? "\n  liked__90s: {last: [like]}" : "";
    }
}
