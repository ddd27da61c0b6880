package dev.millrace.ps.redis;

import io.lettuce.core.RedisURI;
import io.lettuce.core.cluster.RedisClusterURIUtil;
import java.net.URI;
import java.time.Duration;
import java.util.List;

/**
 * Where Redis is, and how long it may take.
 *
 * @param nodes one server, or nodes of a cluster; whether it is a cluster, it says itself
 * @param bucketsPerShard how many hashes the rows of a shard are spread over, when the bridge lays them out; a cluster
 *     places each on one of its nodes
 * @param read longest time of one read, retries included
 * @param write longest time of one step of the bridge
 * @param lease how long a bridge that fell silent keeps others from writing
 */
public record RedisConfig(List<RedisURI> nodes, int bucketsPerShard, Duration read, Duration write, Duration lease) {
    public static final int MAX_BUCKETS = 1024;

    public RedisConfig {
        nodes = List.copyOf(nodes);
        if (nodes.isEmpty()) {
            throw new IllegalArgumentException("redis: no address");
        }
        if (bucketsPerShard < 1 || bucketsPerShard > MAX_BUCKETS) {
            throw new IllegalArgumentException("redis: bucketsPerShard " + bucketsPerShard + ", 1.." + MAX_BUCKETS);
        }
    }

    /**
     * With the defaults: 8 buckets, 500 ms to read, 10 s to write, a lease of 5 s.
     *
     * @param uri {@code redis://[user:password@]host[:port][,host[:port]…]}, {@code rediss://} with TLS
     */
    public static RedisConfig of(String uri) {
        try {
            URI parsed = URI.create(uri);
            if (!"redis".equals(parsed.getScheme()) && !"rediss".equals(parsed.getScheme())) {
                throw new IllegalArgumentException("not redis:// or rediss://");
            }
            List<RedisURI> nodes = RedisClusterURIUtil.toRedisURIs(parsed);
            return new RedisConfig(nodes, 8, Duration.ofMillis(500), Duration.ofSeconds(10), Duration.ofSeconds(5));
        } catch (IllegalArgumentException e) {
            // Without the address itself: it may hold a password.
            throw new IllegalArgumentException(
                    "the address of Redis is none; it looks like redis://host:port[,host:port]", e);
        }
    }

    public RedisConfig withBuckets(int perShard) {
        return new RedisConfig(nodes, perShard, read, write, lease);
    }

    public RedisConfig withTimeouts(Duration newRead, Duration newWrite, Duration newLease) {
        return new RedisConfig(nodes, bucketsPerShard, newRead, newWrite, newLease);
    }

    /** Hosts and ports, nothing secret. */
    @Override
    public String toString() {
        return nodes.stream()
                .map(node -> node.getHost() + ":" + node.getPort())
                .toList()
                .toString();
    }
}
