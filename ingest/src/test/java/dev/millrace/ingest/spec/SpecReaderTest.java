package dev.millrace.ingest.spec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SpecReaderTest {
    private static final String GOOD = """
            model: shop
            objective: logistic
            labels: {click: 1, skip: 0, watch: {perUnit: 0.5, atMost: 20}, unwatch: {undoes: watch}}
            aggregate: sum
            rewardWindow: 5s
            slots:
              user: {type: category, from: user.id, minCount: 3, expireAfter: 30d}
              age: {type: number, from: user.age, bins: [18, 25.5]}
              price: {type: number, from: item.price, transform: log1p, standardize: true}
              title: {type: text, from: item.title}
            crosses:
              - [user, age]
              - {slots: [title, age], minCount: 2}
            optimizer: {type: ftrl, alpha: 0.2, beta: 1, l1: 0.5, l2: 0}
            explore: {epsilon: 0.05, shuffle: {top: 5, rate: 0.1}}
            policies: {absence: drop, delay: wait, late: correct, lateness: 2m, keepNegatives: 0.1, maxRows: 1000, audit: true, weights: q2.13, admissionBytes: 65536}
            """;

    @Test
    void readsEveryKey() {
        ModelSpec spec = SpecReader.parse("good", GOOD);
        assertEquals("shop", spec.model());
        assertEquals("shop", spec.learnsFrom());
        assertEquals(
                new Labels(
                        Map.of(
                                "click", new Labels.Amount(1),
                                "skip", new Labels.Amount(0),
                                "watch", new Labels.Measure(0.5, 20),
                                "unwatch", new Labels.Undo("watch")),
                        Labels.Aggregate.SUM),
                spec.labels());
        assertEquals(Duration.ofSeconds(5), spec.rewardWindow());
        assertEquals(4, spec.slots().size());
        assertEquals(
                new Slot(
                        "user",
                        "user.id",
                        SlotType.CATEGORY,
                        Transform.NONE,
                        List.of(),
                        false,
                        false,
                        new Life(3, Duration.ofDays(30))),
                spec.slots().get(0));
        assertEquals(
                new Slot("age", "user.age", SlotType.NUMBER, Transform.NONE, List.of(18.0, 25.5), false),
                spec.slots().get(1));
        assertEquals(
                new Slot("price", "item.price", SlotType.NUMBER, Transform.LOG1P, List.of(), true),
                spec.slots().get(2));
        assertEquals(
                List.of(new Cross(List.of("user", "age")), new Cross(List.of("title", "age"), new Life(2, null))),
                spec.crosses());
        assertEquals(new Ftrl(0.2, 1, 0.5, 0), spec.optimizer());
        assertEquals(new Explore(0.05, null, new Explore.Shuffle(5, 0.1)), spec.explore());
        assertEquals(
                new Policies(
                        Policies.Absence.DROP,
                        Policies.Delay.WAIT,
                        Policies.Late.CORRECT,
                        Duration.ofMinutes(2),
                        0.1,
                        1000,
                        true,
                        WeightFormat.Q2_13,
                        1 << 16),
                spec.policies());
    }

    @Test
    void leavesOutMeanDefaults() {
        ModelSpec spec = SpecReader.parse(
                "small",
                "{model: m, objective: logistic, labels: {click: 1}, rewardWindow: 1s,"
                        + " slots: {u: {type: category, from: user.id}}}");
        assertEquals(Ftrl.DEFAULT, spec.optimizer());
        assertEquals(Policies.DEFAULT, spec.policies());
        assertTrue(spec.explore().isNone());
        assertTrue(spec.crosses().isEmpty());
    }

    private static ModelSpec exploring(String explore, String more) {
        return SpecReader.parse(
                "exploring",
                "{model: m, objective: logistic, labels: {click: 1}, rewardWindow: 1s,"
                        + " slots: {u: {type: category, from: user.id}}, explore: " + explore + more + "}");
    }

    @Test
    void onlyDrawsOfWeightsChangeWhatRowsMean() {
        ModelSpec none = exploring("{}", "");
        ModelSpec draws = exploring("{epsilon: 0.1, thompson: {draws: 16, scale: 0.5}}", "");
        assertEquals(new Explore.Thompson(16, 0.5), draws.explore().thompson());
        assertEquals(
                none.fingerprint(),
                exploring("{epsilon: 0.1, shuffle: {top: 2, rate: 1}}", "").fingerprint());
        assertNotEquals(none.fingerprint(), draws.fingerprint());
        assertEquals(draws.fingerprint(), exploring("{thompson: {}}", "").fingerprint());
        assertEquals(1, none.rowWidth());
        assertEquals(2, draws.rowWidth());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {draws: 0}    | ~~                                    | explore.thompson.draws | 1..256
            {scale: -1}   | ~~                                    | explore.thompson.scale | above 0
            {}            | ~, optimizer: {beta: 0}~              | explore.thompson       | beta or l2
            {}            | ~, policies: {weights: f16}~          | policies.weights       | leave it out
            {}            | ~, network: {type: fm}~               | explore.thompson       | take epsilon
            """, quoteCharacter = '~')
    void drawsOfWeightsNeedUncertainRows(String thompson, String more, String field, String part) {
        SpecException e = assertThrows(SpecException.class, () -> exploring("{thompson: " + thompson + "}", more));
        String message = String.valueOf(e.getMessage());
        assertTrue(message.contains(field) && message.contains(part), message);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            epsilon: 0.05           | epsilon: 1.5               | explore.epsilon       | the part of the requests
            top: 5, rate: 0.1       | top: 1, rate: 0.1          | explore.shuffle.top   | 2..100
            top: 5, rate: 0.1       | top: 5                     | explore.shuffle.rate  | is missing
            rewardWindow: 5s        | rewardWindw: 5s            | rewardWindw           | did you mean 'rewardWindow'
            rewardWindow: 5s        | rewardWindow: soon         | rewardWindow          | like 500ms
            rewardWindow: 5s        | rewardWindow: 0s           | rewardWindow          | longer than zero
            logistic                | logistik                   | objective             | did you mean 'logistic'
            model: shop             | model: Shop!               | model                 | lower-case
            click: 1                | click: 2000                | labels.click          | from -1000 to 1000
            click: 1                | click: often               | labels.click          | perUnit
            perUnit: 0.5            | perUnit: 0                 | labels.watch.perUnit  | above 0
            perUnit: 0.5            | perunit: 0.5               | labels.watch.perunit  | did you mean 'perUnit'
            perUnit: 0.5, atMost: 20 | atMost: 20                | labels.watch          | needs perUnit and atMost
            undoes: watch           | undoes: watsh              | labels.unwatch.undoes | did you mean 'watch'
            undoes: watch           | undoes: unwatch            | labels.unwatch.undoes | no label
            undoes: watch           | undoes: watch, atMost: 1   | labels.unwatch.undoes | stands alone
            aggregate: sum          | aggregate: avg             | aggregate             | first, max, sum
            rewardWindow: 5s        | rewardWindow: 31d          | rewardWindow          | at most 30d
            lateness: 2m            | lateness: 31d              | policies.lateness     | at most 30d
            absence: drop           | absense: drop              | policies.absense      | did you mean 'absence'
            delay: wait             | delay: imediate            | policies.delay        | did you mean 'immediate'
            delay: wait             | delay: immediate           | policies.delay        | absence: negative
            delay: wait             | delay: immediate           | labels.watch          | use 'delay: wait'
            late: correct           | late: keep                 | policies.late         | drop, correct
            keepNegatives: 0.1      | keepNegatives: 0           | policies.keepNegatives | from 0.0001 to 1
            keepNegatives: 0.1      | keepNegatives: 1.5         | policies.keepNegatives | from 0.0001 to 1
            click: 1                | yes: 1                     | labels.true           | in quotes
            from: user.id           | from: usr.id               | slots.user.from       | user.NAME
            type: category          | type: categry              | slots.user.type       | did you mean 'category'
            type: category,         | bins: [1], type: category, | slots.user.bins       | for 'type: number' only
            [18, 25.5]              | [25, 18]                   | slots.age.bins        | ascending
            [18, 25.5]              | []                         | slots.age.bins        | ascending
            - [user, age]           | - [user, agee]             | crosses[0]            | did you mean 'age'
            - [user, age]           | - [user]                   | crosses[0]            | two or three
            - [user, age]           | - [user, price]            | crosses[0]            | needs bins
            alpha: 0.2              | alpha: 0                   | optimizer.alpha       | > 0
            alpha: 0.2              | alfa: 0.2                  | optimizer.alfa        | did you mean 'alpha'
            maxRows: 1000           | maxRows: 0.5               | policies.maxRows      | whole number
            minCount: 3             | minCount: 0                | slots.user.minCount   | whole number, 1..65535
            minCount: 3             | minCounts: 3               | slots.user.minCounts  | did you mean 'minCount'
            minCount: 2             | minCount: 1.5              | crosses[1].minCount   | whole number
            minCount: 2             | mincount: 2                | crosses[1].mincount   | did you mean 'minCount'
            {slots: [title, age],   | {slots: title,             | crosses[1]            | two or three
            expireAfter: 30d        | expireAfter: never         | slots.user.expireAfter | like 500ms
            expireAfter: 30d        | expireAfter: 5s            | slots.user.expireAfter | from 1m
            expireAfter: 30d        | expireAfter: 3651d         | slots.user.expireAfter | 3650d
            standardize: true       | expireAfter: 1d            | slots.price.expireAfter | a number without bins
            audit: true             | audit: false               | policies.audit        | slot 'price'
            audit: true             | audit: maybe               | policies.audit        | true or false
            weights: q2.13          | weights: q2_13             | policies.weights      | did you mean 'q2.13'
            admissionBytes: 65536   | admissionBytes: 1          | policies.admissionBytes | 1024..
            admissionBytes: 65536   | admissionBytes: 300000000  | policies.admissionBytes | 268435456 each
            absence: drop           | absence: maybe             | policies.absence      | negative, drop
            standardize: true       | standardize: 1             | slots.price.standardize | true or false
            """)
    void namesTheFieldAndTheFix(String good, String bad, String field, String fix) {
        SpecException e = assertThrows(SpecException.class, () -> SpecReader.parse("bad.yml", GOOD.replace(good, bad)));
        assertTrue(
                e.problems().stream()
                        .anyMatch(p -> p.field().equals(field) && p.message().contains(fix)),
                e.getMessage());
        assertTrue(String.valueOf(e.getMessage()).startsWith("bad.yml: "), e.getMessage());
    }

    @Test
    void reportsAllProblemsAtOnce() {
        SpecException e = assertThrows(
                SpecException.class,
                () -> SpecReader.parse("bad", GOOD.replace("5s", "soon").replace("alpha: 0.2", "alpha: -1")));
        assertEquals(
                List.of("rewardWindow", "optimizer.alpha"),
                e.problems().stream().map(SpecException.Problem::field).toList());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            ''           | is empty
            [1, 2]       | must be a mapping
            'a: b: c'    | is not YAML
            '{a: 1, a: 2}' | is not YAML
            """)
    void refusesWhatIsNoSpec(String yaml, String message) {
        SpecException e = assertThrows(SpecException.class, () -> SpecReader.parse("x", yaml));
        assertTrue(String.valueOf(e.getMessage()).contains(message), e.getMessage());
    }

    @Test
    void aChallengerNamesTheModelThatItLearnsFrom() {
        assertEquals(
                "champion",
                SpecReader.parse("c", GOOD.replace("model: shop", "model: shop\nlearnsFrom: champion"))
                        .learnsFrom());
        SpecException e = assertThrows(
                SpecException.class,
                () -> SpecReader.parse("c", GOOD.replace("model: shop", "model: shop\nlearnsFrom: Champion")));
        assertEquals("learnsFrom", e.problems().get(0).field());
    }

    @Test
    void aChallengerSaysHowItIsCompared() {
        String challenger = GOOD.replace("model: shop", "model: wide\nlearnsFrom: shop\narm: {%s}");
        ArmSpec arm = SpecReader.parse("c", challenger.formatted("")).arm();
        assertEquals(new ArmSpec(ArmSpec.Role.SHADOW, ArmSpec.Compare.SPLIT, 0.1, "wide", null), arm);
        ArmSpec other = SpecReader.parse(
                        "c",
                        challenger.formatted("role: challenger, compare: interleave, share: 0.5, experiment: e1,"
                                + " promote: {samples: 500}"))
                .arm();
        assertEquals(
                new ArmSpec(
                        ArmSpec.Role.CHALLENGER, ArmSpec.Compare.INTERLEAVE, 0.5, "e1", new ArmSpec.Rule(0.05, 500)),
                other);
        assertEquals("arm.share", refused(challenger.formatted("share: 1")));
        assertEquals("arm.role", refused(challenger.formatted("role: champion")));
        assertEquals("arm", refused(GOOD.replace("model: shop", "model: shop\narm: {}")));
    }

    @Test
    void aModelOfASegmentNamesItsRequests() {
        String segment = GOOD.replace("model: shop", "model: north\nlearnsFrom: shop\nsegment: %s");
        assertEquals(
                new Segment("user.zone", java.util.Set.of("7", "no")),
                SpecReader.parse("s", segment.formatted("{by: user.zone, values: [7, 'no']}"))
                        .segment());
        assertEquals("segment.values", refused(segment.formatted("{by: user.zone, values: []}")));
        assertEquals("segment.values", refused(segment.formatted("{by: user.zone, values: [no]}")));
        assertEquals("segment.by", refused(segment.formatted("{by: user.id, values: [a]}")));
        assertEquals("segment.by", refused(segment.formatted("{by: item.zone, values: [a]}")));
    }

    private static String refused(String yaml) {
        return assertThrows(SpecException.class, () -> SpecReader.parse("x", yaml))
                .problems()
                .get(0)
                .field();
    }

    @Test
    void anAmountIsFixedOrTheActionsValueWithinItsBounds() {
        Labels labels = SpecReader.parse("good", GOOD).labels();
        assertEquals(1, labels.amount("click", 99));
        assertEquals(5, labels.amount("watch", 10));
        assertEquals(20, labels.amount("watch", 1e9));
        assertEquals(0, labels.amount("watch", Double.NaN));
        assertEquals(0, labels.amount("watch", -3));
        assertEquals(20, labels.most());
        assertEquals(Map.of("click", 1.0, "skip", 0.0), labels.fixed());
        assertThrows(IllegalArgumentException.class, () -> labels.amount("unwatch", 1));
    }

    @Test
    void aControlCharacterAndAnotherEncodingAreNamed() throws IOException {
        assertThrows(SpecException.class, () -> SpecReader.parse("x", "model: a\u0001"));
        Path latin = Files.write(Files.createTempFile("spec", ".yml"), new byte[] {'#', (byte) 0xE4, '\n'});
        try {
            SpecException e = assertThrows(SpecException.class, () -> SpecReader.read(latin));
            assertTrue(String.valueOf(e.getMessage()).contains("UTF-8"), e.getMessage());
        } finally {
            Files.delete(latin);
        }
    }

    @Test
    void fingerprintFollowsWhatWeightsMean() {
        long fossil = SpecReader.parse("a", GOOD.replace("  - {slots: [title, age], minCount: 2}\n", ""))
                .fingerprint();
        assertEquals(-8_301_381_347_655_291_055L, fossil, "data folders remember it");
        long base = SpecReader.parse("a", GOOD).fingerprint();
        assertEquals(
                base,
                SpecReader.parse(
                                "b", GOOD.replace("click: 1, skip: 0", "buy: 5").replace("5s", "9s"))
                        .fingerprint());
        assertEquals(
                base,
                SpecReader.parse(
                                "life",
                                GOOD.replace("minCount: 3, expireAfter: 30d", "minCount: 1")
                                        .replace("q2.13", "f16"))
                        .fingerprint(),
                "a row's life changes no weight's meaning");
        for (String[] change : new String[][] {
            {"25.5", "26"}, {"[user, age]", "[age, user]"}, {"alpha: 0.2", "alpha: 0.3"}, {"log1p", "sqrt"}
        }) {
            long changed =
                    SpecReader.parse("c", GOOD.replace(change[0], change[1])).fingerprint();
            assertNotEquals(base, changed, change[1]);
        }
    }

    @Test
    void readsANetwork() {
        ModelSpec spec = SpecReader.parse("good", GOOD.replace("weights: q2.13, ", "") + """
                network:
                  type: dcn
                  slots: [user, title]
                  dim: 4
                  hidden: [8]
                  crossLayers: 1
                  crossRank: 2
                  batch: 16
                  initial: 0.1
                  seed: 5
                  embeddings: {type: rowadagrad, rate: 0.2, l2: 0.01}
                  dense: {type: sgd, rate: 0.3}
                """);
        assertEquals(
                new Network(
                        Network.Type.DCN,
                        List.of("user", "title"),
                        4,
                        List.of(8),
                        1,
                        2,
                        16,
                        0.1,
                        5,
                        new Update(Update.Rule.ROWADAGRAD, 0.2, 0.01),
                        new Update(Update.Rule.SGD, 0.3, 0),
                        FoldIn.NONE),
                spec.network());
        assertEquals(5, spec.network().width());
        assertNotEquals(SpecReader.parse("good", GOOD).fingerprint(), spec.fingerprint());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {type: mf}                               | network.type: mf factorizes two category slots
            {type: fm, hidden: [8]}                  | network.hidden: is for widedeep
            {type: fm, slots: [usr]}                 | network.slots: no slot 'usr'; did you mean 'user'?
            {type: widedeep, hidden: []}             | network.hidden: must be 1..8 widths
            {type: widedeep, hidden: [4096, 4096]}   | network: its layers make
            {type: fm, embeddings: {rate: 0}}        | network.embeddings.rate: '0' is not valid
            {dim: 4}                                 | network.type: is missing
            {type: fm}                               | policies.weights: rounds wide weights only
            """)
    void aNetworkThatCannotBeIsRefused(String network, String message) {
        SpecException e =
                assertThrows(SpecException.class, () -> SpecReader.parse("bad", GOOD + "network: " + network + "\n"));
        assertTrue(e.problems().stream().anyMatch(p -> p.toString().startsWith(message)), e.getMessage());
    }
}
