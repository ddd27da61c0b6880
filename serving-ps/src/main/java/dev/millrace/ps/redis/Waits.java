package dev.millrace.ps.redis;

import dev.millrace.ps.serve.WeightsUnavailable;
import io.lettuce.core.RedisException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** One deadline for several answers of Redis. */
final class Waits {
    private final Duration within;
    private final long endNs;

    Waits(Duration within) {
        this.within = within;
        endNs = System.nanoTime() + within.toNanos();
    }

    boolean over() {
        return System.nanoTime() - endNs >= 0;
    }

    /** @throws WeightsUnavailable when it fails, or the deadline passes; then it is cancelled */
    <T> T get(Future<T> answer) {
        try {
            return answer.get(Math.max(0, endNs - System.nanoTime()), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            answer.cancel(true);
            throw new WeightsUnavailable("Redis did not answer within " + within.toMillis() + " ms", e);
        } catch (ExecutionException | RedisException e) {
            throw new WeightsUnavailable("Redis failed", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new WeightsUnavailable("interrupted while Redis was asked", e);
        }
    }

    /** All of them; when one fails, none of the others is waited for. */
    void all(List<? extends Future<?>> answers) {
        try {
            for (Future<?> answer : answers) {
                get(answer);
            }
        } catch (WeightsUnavailable e) {
            answers.forEach(answer -> answer.cancel(true));
            throw e;
        }
    }
}
