package dev.millrace.api.security;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Token buckets, one a caller (Turner 1986): each request takes a token, tokens come at the caller's rate up to its burst.
 * Remembers a bounded number of callers; the one that was silent longest is forgotten. Safe for many threads.
 */
final class RateLimits {
    private final SecurityConfig.Rates rates;
    private final Map<String, Bucket> buckets = new LinkedHashMap<>(16, .75f, true);

    private static final class Bucket {
        private double tokens;
        private long atNs;

        Bucket(double tokens, long atNs) {
            this.tokens = tokens;
            this.atNs = atNs;
        }
    }

    RateLimits(SecurityConfig.Rates rates) {
        this.rates = rates;
    }

    /**
     * Takes a token.
     *
     * @param nowNs of a monotonic clock
     * @return 0 when there was one; else the seconds until there is, at least 1
     */
    synchronized int take(Caller caller, long nowNs) {
        Double own = caller.requestsPerSecond();
        double perSecond = own == null ? rates.requestsPerSecond() : own;
        double burst = Math.max(1, perSecond * rates.burst().toMillis() / 1e3);
        Bucket bucket = buckets.computeIfAbsent(caller.id(), id -> new Bucket(burst, nowNs));
        if (buckets.size() > rates.callers()) {
            buckets.remove(buckets.keySet().iterator().next());
        }
        bucket.tokens = Math.min(burst, bucket.tokens + (nowNs - bucket.atNs) / 1e9 * perSecond);
        bucket.atNs = nowNs;
        if (bucket.tokens >= 1) {
            bucket.tokens--;
            return 0;
        }
        return (int) Math.ceil((1 - bucket.tokens) / perSecond);
    }

    synchronized int callers() {
        return buckets.size();
    }
}
