package dev.millrace.deploy.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.deploy.embedded.LoadedSpec;
import dev.millrace.load.client.Event;
import dev.millrace.load.client.RankAnswer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the learner is sure of travels with its weights: the less it is, the more the ranking explores. */
@Tag("e2e")
class ThompsonTest {
    private static final int DRAWS = 64;
    private static final LoadedSpec SPEC = Service.spec("""
            model: shop
            objective: logistic
            labels: {like: 1}
            rewardWindow: 1s
            slots:
              item: {type: category, from: item.id}
            optimizer: {type: ftrl, alpha: 0.5}
            explore: {thompson: {draws: %d}}
            """.formatted(DRAWS));

    @Test
    void explorationEndsWhereTheModelKnows(@TempDir Path data) throws Exception {
        try (Service service = Service.start(data, SPEC)) {
            RankAnswer first = service.rank("first", "anna", "a", "b");
            for (RankAnswer.Ranked item : first.items()) {
                assertEquals(.5, item.score(), 1e-6);
                assertTrue(item.propensity() > .2 && item.propensity() < .8, "nothing is known: " + first);
                assertEquals(Math.rint(item.propensity() * DRAWS), item.propensity() * DRAWS, 1e-6);
            }
            assertEquals(first, service.rank("first", "anna", "a", "b"), "the same request again");
            List<Event> likes = new ArrayList<>();
            for (int i = 0; i < 150; i++) {
                String id = "r" + i;
                service.rank(id, "anna", "a", "b");
                likes.add(new Event("like-" + i, "like", id, "a", null, null));
            }
            service.client.events(likes);
            Awaitility.await()
                    .atMost(Service.PATIENCE)
                    .until(() -> service.client.model(Service.MODEL).samplesLearned() == 302);
            RankAnswer last = service.rank("last", "anna", "a", "b");
            assertEquals("a", last.items().getFirst().item());
            assertEquals(1, last.items().getFirst().propensity(), "a is liked always, b never");
            assertTrue(service.rank("new", "anna", "a", "c").items().getFirst().score() != .5);
            Awaitility.await()
                    .atMost(Duration.ofSeconds(30))
                    .until(() -> service.get("/v1/parity").body().contains("\"equal\":true"));
        }
    }
}
