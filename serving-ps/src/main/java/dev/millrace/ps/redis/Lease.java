package dev.millrace.ps.redis;

import dev.millrace.ps.serve.WeightsUnavailable;
import io.lettuce.core.RedisException;

/**
 * The right to write a model's weights, one bridge's at a time. It keeps two from doing the same work; what keeps the
 * weights right is that a bucket takes only the rows that follow its own position on the log. Belongs to one thread.
 */
final class Lease {
    private static final String CAUGHT_UP = "1";

    private final String model;
    private final String holder;
    private final RedisConfig config;
    private final RedisLink link;

    /** @param holder names this bridge among all */
    Lease(String model, String holder, RedisConfig config, RedisLink link) {
        this.model = model;
        this.holder = holder + "|";
        this.config = config;
        this.link = link;
    }

    /**
     * Takes it if it is free, keeps it if it is ours.
     *
     * @return whether it is ours now
     * @throws WeightsUnavailable when Redis cannot say
     */
    boolean hold(boolean caughtUp) {
        try {
            var scripts = new Scripts(link.commands());
            String value = holder + (caughtUp ? CAUGHT_UP : "0");
            long forMs = config.lease().toMillis();
            return new Waits(config.lease()).get(scripts.lease(RedisLayout.lease(model), holder, value, forMs)) == 1;
        } catch (RedisException e) {
            throw new WeightsUnavailable("Redis failed", e);
        }
    }

    /** If it is ours, the next bridge need not wait for its end. */
    void release() {
        try {
            new Waits(config.lease()).get(new Scripts(link.commands()).release(RedisLayout.lease(model), holder));
        } catch (RedisException e) {
            throw new WeightsUnavailable("Redis failed", e);
        }
    }

    static boolean saysCaughtUp(String value) {
        return value.endsWith("|" + CAUGHT_UP);
    }
}
