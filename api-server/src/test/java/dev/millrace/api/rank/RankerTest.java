package dev.millrace.api.rank;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.protobuf.ByteString;
import dev.millrace.api.FixedWeights;
import dev.millrace.api.HandClock;
import dev.millrace.api.MemoryLog;
import dev.millrace.api.MemoryProfiles;
import dev.millrace.api.MovieSpec;
import dev.millrace.ingest.feature.FeatureCodec;
import dev.millrace.ingest.feature.FeatureValue;
import dev.millrace.ingest.feature.FeatureValue.Numeric;
import dev.millrace.ingest.feature.FeatureValue.Text;
import dev.millrace.ingest.feature.RawFeatures;
import dev.millrace.ingest.profile.LiveFeatures;
import dev.millrace.ingest.profile.LiveRows;
import dev.millrace.ingest.profile.ProfileStore.Kind;
import dev.millrace.ingest.profile.ServedProfiles;
import dev.millrace.ingest.proto.Impression;
import dev.millrace.ingest.proto.LiveEntity;
import dev.millrace.ingest.proto.LiveEvent;
import dev.millrace.ingest.proto.LivePosition;
import dev.millrace.ingest.proto.LiveRow;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.SpecReader;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RankerTest {
    private final MemoryLog log = new MemoryLog();
    private final MemoryProfiles profiles = new MemoryProfiles();
    private final Ranker ranker = new Ranker(new FixedWeights(), profiles, log, new HandClock(1234));

    private static RankRequest request(@Nullable String user, int limit, RankRequest.Candidate... candidates) {
        Map<String, FeatureValue> context = Map.of("context.device", new Text("tv"));
        return new RankRequest("r1", true, user, "s1", context, List.of(candidates), limit);
    }

    private static RankRequest.Candidate candidate(String item, double price) {
        return new RankRequest.Candidate(item, Map.of("item.price", new Numeric(price)));
    }

    @Test
    void whatIsAnsweredIsLoggedAndNothingElse() {
        RankAnswer answer = ranker.rank(request("u1", 2, candidate("a", .1), candidate("b", .9), candidate("c", .5)))
                .join();
        assertEquals(List.of(new RankAnswer.Ranked("b", .9f, 1), new RankAnswer.Ranked("c", .5f, 1)), answer.items());
        Impression impression = log.impressions.getFirst();
        assertEquals(1, log.impressions.size());
        assertEquals(2, impression.getItemsCount());
        assertEquals("b", impression.getItems(0).getItem());
        assertEquals(.9f, impression.getItems(0).getScore());
        assertEquals(1f, impression.getItems(0).getPropensity());
        assertEquals("r1", impression.getRequestId());
        assertEquals("movies", impression.getModel());
        assertEquals("u1", impression.getUser());
        assertEquals("s1", impression.getSession());
        assertEquals(1234, impression.getTimeMs());
        assertEquals(MovieSpec.SPEC.fingerprint(), impression.getSpecFingerprint());
    }

    @Test
    void headsAreAnsweredByNameAndLoggedInOrder() {
        ModelSpec spec = SpecReader.parse("heads", """
                model: movies
                rewardWindow: 5s
                slots: {price: {type: number, from: item.price}}
                network: {type: widedeep, dim: 2, hidden: [2]}
                heads: {click: {labels: {click: 1}}, like: {labels: {like: 1}}}
                score: click + like
                """);
        FixedWeights weights = new FixedWeights() {
            @Override
            public ModelSpec spec() {
                return spec;
            }

            @Override
            public long score(RawFeatures request, List<RawFeatures> items, float[] scores) {
                long version = super.score(request, items, scores);
                for (int i = 0; i < items.size(); i++) {
                    scores[items.size() + i] = scores[i] / 4;
                    scores[2 * items.size() + i] = scores[i] - scores[i] / 4;
                }
                return version;
            }
        };
        RankAnswer answer = new Ranker(weights, profiles, log, new HandClock(1234))
                .rank(request("u1", 2, candidate("a", .25), candidate("b", .5)))
                .join();
        assertEquals(
                Map.of("click", .125f, "like", .375f), answer.items().getFirst().heads());
        Impression impression = log.impressions.getFirst();
        assertEquals(.5f, impression.getItems(0).getScore());
        assertEquals(List.of(.125f, .375f), impression.getItems(0).getHeadScoresList());
        assertEquals(List.of(.0625f, .1875f), impression.getItems(1).getHeadScoresList());
    }

    @Test
    void theImpressionCarriesTheRawFeaturesThatScored() {
        profiles.put(Kind.USER, "u1", RawFeatures.of(Map.of("user.age", new Numeric(24))));
        RawFeatures stored = RawFeatures.of(Map.of("item.price", new Numeric(.2), "item.year", new Numeric(1999)));
        profiles.put(Kind.ITEM, "a", stored);
        ranker.rank(request("u1", 10, candidate("a", .7), new RankRequest.Candidate("b", Map.of())))
                .join();

        Impression impression = log.impressions.getFirst();
        List<String> names = impression.getNamesList();
        assertEquals(
                RawFeatures.of(Map.of(
                        "user.age", new Numeric(24), "user.id", new Text("u1"), "context.device", new Text("tv"))),
                FeatureCodec.decode(impression.getFeatures(), names));
        assertEquals(
                RawFeatures.of(Map.of(
                        "item.price", new Numeric(.7), "item.year", new Numeric(1999), "item.id", new Text("a"))),
                FeatureCodec.decode(impression.getItems(0).getFeatures(), names));
        assertEquals(
                RawFeatures.of(Map.of("item.id", new Text("b"))),
                FeatureCodec.decode(impression.getItems(1).getFeatures(), names));
    }

    @Test
    void nobodyIsRankedForWithoutUserAttributes() {
        ranker.rank(request(null, 1, candidate("a", .1))).join();
        Impression impression = log.impressions.getFirst();
        assertEquals("", impression.getUser());
        assertEquals(List.of("context.device", "item.id", "item.price"), impression.getNamesList());
    }

    /** Served as it stood then; what happens later changes no impression. */
    @Test
    void realTimeAttributesAreServedAboveStoredOnesAndLogged() {
        ModelSpec spec = SpecReader.parse("live", """
                model: movies
                objective: logistic
                labels: {like: 1}
                rewardWindow: 5s
                slots: {price: {type: number, from: item.price}, device: {type: category, from: context.device}}
                realtime:
                  liked: {last: [like]}
                  likes: {count: [like], of: item, windows: [1h]}
                """);
        Ranker live = new Ranker(FixedWeights.of(spec), profiles, log, new HandClock(3_600_000));
        profiles.put(Kind.USER, "u1", RawFeatures.of(Map.of("user.liked", new Text("stored"))));
        live.rank(request("u1", 10, candidate("a", .7))).join();
        like(spec, "u1", "a");
        live.rank(request("u1", 10, candidate("a", .7))).join();

        assertEquals(new FeatureValue.Texts(List.of()), served(0, false).get("user.liked"));
        assertEquals(new Numeric(0), served(0, true).get("item.likes_1h"));
        assertEquals(new FeatureValue.Texts(List.of("a")), served(1, false).get("user.liked"));
        assertEquals(new Numeric(Math.exp(-1)), served(1, true).get("item.likes_1h"), "an hour ago");
    }

    @Test
    void explorationIsAnsweredAndLoggedWithWhatWasNotShown() {
        ModelSpec spec = SpecReader.parse("exploring", """
                model: movies
                objective: logistic
                labels: {like: 1}
                rewardWindow: 5s
                slots: {price: {type: number, from: item.price}, device: {type: category, from: context.device}}
                explore: {epsilon: 1}
                """);
        Ranker exploring = new Ranker(FixedWeights.of(spec), profiles, log, new HandClock(1234));
        RankAnswer answer = exploring
                .rank(request("u1", 2, candidate("a", .1), candidate("b", .9), candidate("c", .5)))
                .join();
        Impression impression = log.impressions.getFirst();
        assertEquals(3, impression.getExploration().getCandidates());
        assertEquals(.5f, impression.getExploration().getMeanScore(), 1e-6);
        assertEquals(List.of(.9f, .5f), impression.getExploration().getBestScoresList());
        Map<String, Integer> places = Map.of("a", 3, "b", 1, "c", 2);
        for (int i = 0; i < 2; i++) {
            assertEquals(1 / 3f, answer.items().get(i).propensity());
            assertEquals(1 / 3f, impression.getItems(i).getPropensity());
            assertEquals(
                    places.get(impression.getItems(i).getItem()),
                    impression.getItems(i).getBestPlace());
        }
    }

    private RawFeatures served(int index, boolean item) {
        Impression impression = log.impressions.get(index);
        return FeatureCodec.decode(
                item ? impression.getItems(0).getFeatures() : impression.getFeatures(), impression.getNamesList());
    }

    /** At the epoch. */
    private void like(ModelSpec spec, String user, String item) {
        LiveFeatures features = new LiveFeatures(spec);
        LiveEntity event = LiveEntity.newBuilder()
                .addEvents(LiveEvent.newBuilder().setType("like").setItem(item))
                .build();
        var position = LivePosition.getDefaultInstance();
        var none = LiveRow.getDefaultInstance();
        Map<ByteString, @Nullable LiveRow> rows = new HashMap<>();
        rows.put(features.userKey(user), LiveRows.apply(none, features.group("user"), position, event));
        rows.put(features.itemKey(item), LiveRows.apply(none, features.group("item"), position, event));
        profiles.putLive(rows);
    }

    @Test
    void withoutProfilesItRanksByWhatIsAskedAndSaysSo() {
        profiles.put(Kind.ITEM, "a", RawFeatures.of(Map.of("item.price", new Numeric(.1))));
        profiles.down = true;
        Ranker served = new Ranker(new FixedWeights(), ServedProfiles.of(profiles, () -> 0), log, new HandClock(1234));
        RankAnswer degraded = served.rank(
                        request("u1", 2, candidate("a", .9), new RankRequest.Candidate("b", Map.of())))
                .join();
        assertEquals(List.of(RankAnswer.PROFILES), degraded.degraded());
        assertEquals("a", degraded.items().getFirst().item());
        assertEquals("u1", log.impressions.getFirst().getUser());
        profiles.down = false;
        assertEquals(
                List.of(),
                ranker.rank(request("u1", 2, candidate("a", .9))).join().degraded());
    }
}
