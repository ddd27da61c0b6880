package dev.millrace.load.simulate;

import java.net.URI;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The demo's world and load.
 *
 * @param baseUri of the API
 * @param model whose spec reads no more of the context than {@code context.device}
 * @param users people of the world
 * @param items of the catalogue, at least as many as candidates
 * @param players people who play at the same time, 1..1024
 * @param ratePerSecond rank requests of all players together, if the service keeps up
 * @param candidates random items of a request
 * @param limit items shown
 * @param positionBias an item at position k (from 0) is looked at with probability 1 / (1 + positionBias · k); 0: none
 * @param driftPeriod in which the fastest taste turns around once; each has a pace of its own, down to standing still
 * @param seed of the world and of everything that the players do
 * @param duration null: until stopped
 * @param patience with a service that does not answer
 */
public record DemoOptions(
        URI baseUri,
        String model,
        int users,
        int items,
        int players,
        double ratePerSecond,
        int candidates,
        int limit,
        double positionBias,
        Duration driftPeriod,
        long seed,
        @Nullable Duration duration,
        Duration patience) {
    public DemoOptions {
        require(users >= 1 && users <= 100_000, "users: 1..100000");
        require(candidates >= 2 && candidates <= 1000, "candidates: 2..1000");
        require(items >= candidates && items <= 100_000, "items: candidates..100000");
        require(limit >= 1 && limit <= candidates, "limit: 1..candidates");
        require(players >= 1 && players <= 1024, "players: 1..1024");
        require(ratePerSecond > 0 && ratePerSecond <= 100_000, "ratePerSecond: above 0, at most 100000");
        require(positionBias >= 0, "positionBias: not negative");
        require(driftPeriod.isPositive(), "driftPeriod: positive");
        require(duration == null || duration.isPositive(), "duration: positive");
        require(patience.isPositive(), "patience: positive");
    }

    /** 200 people, 300 items, 32 players with 40 requests a second, 10 of 20 shown, until stopped. */
    public static DemoOptions of(URI baseUri) {
        return new DemoOptions(
                baseUri, "demo", 200, 300, 32, 40, 20, 10, 0, Duration.ofMinutes(30), 42, null, Duration.ofMinutes(2));
    }

    public DemoOptions withWorld(int newUsers, int newItems, long newSeed) {
        return new DemoOptions(
                baseUri,
                model,
                newUsers,
                newItems,
                players,
                ratePerSecond,
                candidates,
                limit,
                positionBias,
                driftPeriod,
                newSeed,
                duration,
                patience);
    }

    public DemoOptions withLoad(int newPlayers, double newRatePerSecond) {
        return new DemoOptions(
                baseUri,
                model,
                users,
                items,
                newPlayers,
                newRatePerSecond,
                candidates,
                limit,
                positionBias,
                driftPeriod,
                seed,
                duration,
                patience);
    }

    /** @param value null: until stopped */
    public DemoOptions withDuration(@Nullable Duration value) {
        return new DemoOptions(
                baseUri,
                model,
                users,
                items,
                players,
                ratePerSecond,
                candidates,
                limit,
                positionBias,
                driftPeriod,
                seed,
                value,
                patience);
    }

    private static void require(boolean condition, String rule) {
        if (!condition) {
            throw new IllegalArgumentException(rule);
        }
    }
}
