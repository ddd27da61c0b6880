package dev.millrace.api.candidate;

import java.time.Duration;

/**
 * Bounds of what is remembered to recommend from, of each model.
 *
 * @param items known at most; the least popular of a few drawn at random makes room
 * @param people whose last actions are remembered; who acted longest ago is forgotten first
 * @param recent items that are remembered of a person: they count as seen, and what they are liked with is near them
 * @param neighbours of an item that are counted; with fewer than a few times those that matter their counts are lost in
 *     the churn of the others
 * @param requests whose person is remembered, for their actions; as many may wait for their impression
 * @param perSource how many candidates one source gives at most
 * @param wanted how many are ranked, if so many are found
 * @param looked how many are looked at to find them, where filters leave few
 * @param memory in which popularity falls to 1/e
 * @param refresh how old the list of the popular and the new may be
 * @param nearestItems how many items are indexed by their embeddings; 0: none
 * @param nearestEvery how often they are indexed anew, since learning moves them
 * @param replayRecords of each partition that are read at the start
 * @param replayAge of what is read at the start
 * @param seed of what is drawn
 */
public record CandidateConfig(
        int items,
        int people,
        int recent,
        int neighbours,
        int requests,
        int perSource,
        int wanted,
        int looked,
        Duration memory,
        Duration refresh,
        int nearestItems,
        Duration nearestEvery,
        long replayRecords,
        Duration replayAge,
        long seed) {
    public static final CandidateConfig DEFAULT = new CandidateConfig(
            20_000,
            100_000,
            50,
            200,
            200_000,
            100,
            300,
            2_000,
            Duration.ofDays(1),
            Duration.ofMillis(500),
            20_000,
            Duration.ofMinutes(1),
            200_000,
            Duration.ofDays(7),
            1);

    /** A rank request has no more. */
    private static final int MAX_WANTED = 1_000;

    public CandidateConfig {
        require(items > 1, "items", items);
        require(people > 0, "people", people);
        require(recent > 0, "recent", recent);
        require(neighbours > 0, "neighbours", neighbours);
        require(requests > 0, "requests", requests);
        require(perSource > 0, "perSource", perSource);
        require(wanted > 0 && wanted <= MAX_WANTED, "wanted", wanted);
        require(looked >= wanted, "looked", looked);
        require(memory.isPositive(), "memory", memory);
        require(!refresh.isNegative(), "refresh", refresh);
        require(nearestItems >= 0, "nearestItems", nearestItems);
        require(nearestEvery.isPositive(), "nearestEvery", nearestEvery);
        require(replayRecords >= 0, "replayRecords", replayRecords);
        require(replayAge.isPositive(), "replayAge", replayAge);
    }

    private static void require(boolean holds, String name, Object value) {
        if (!holds) {
            throw new IllegalArgumentException("candidates: " + name + " must not be " + value);
        }
    }
}
