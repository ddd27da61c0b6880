package dev.millrace.ps.redis;

import dev.millrace.ps.serve.WeightsUnavailable;
import io.lettuce.core.AbstractRedisClient;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.cluster.ClusterClientOptions;
import io.lettuce.core.cluster.ClusterTopologyRefreshOptions;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.resource.ClientResources;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A connection to one server or a cluster, made when it is first needed, and then kept up by Lettuce: while it is
 * broken, commands fail at once. Safe for many threads.
 *
 * <pre>
 *  field       read by   written by    guard
 *  connection  anybody   connecting    volatile, set once, under the lock
 * </pre>
 */
final class RedisLink implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RedisLink.class);
    private static final int QUEUE = 1 << 16;
    private static final Duration CONNECT = Duration.ofSeconds(2);
    private static final long AGAIN_NS = TimeUnit.MILLISECONDS.toNanos(500);

    private final RedisConfig config;
    private final ReentrantLock connecting = new ReentrantLock();
    private volatile @Nullable Connection connection;
    private volatile long failedNs = System.nanoTime() - AGAIN_NS;
    private boolean closed;

    /** @param resources made here, since the client would not end those that it was given */
    private record Connection(
            ClientResources resources,
            AbstractRedisClient client,
            StatefulConnection<byte[], byte[]> stateful,
            RedisClusterAsyncCommands<byte[], byte[]> commands) {}

    RedisLink(RedisConfig config) {
        this.config = config;
    }

    /** @throws WeightsUnavailable while there is no connection yet; one caller tries, the others do not wait for it */
    RedisClusterAsyncCommands<byte[], byte[]> commands() {
        Connection now = connection;
        return now == null ? connect() : now.commands();
    }

    private RedisClusterAsyncCommands<byte[], byte[]> connect() {
        if (System.nanoTime() - failedNs < AGAIN_NS || !connecting.tryLock()) {
            throw new WeightsUnavailable("Redis is not connected");
        }
        try {
            Connection now = connection;
            if (now == null) {
                if (closed) {
                    throw new WeightsUnavailable("the connection to Redis is closed");
                }
                now = open();
                connection = now;
            }
            return now.commands();
        } catch (RedisException e) {
            failedNs = System.nanoTime();
            throw new WeightsUnavailable("Redis cannot be reached", e);
        } finally {
            connecting.unlock();
        }
    }

    private Connection open() {
        ClientResources resources = ClientResources.builder()
                .ioThreadPoolSize(2)
                .computationThreadPoolSize(2)
                .build();
        try {
            Connection opened = isCluster(resources) ? cluster(resources) : single(resources);
            LOG.info("connected to Redis at {}", config);
            return opened;
        } catch (RuntimeException | Error e) {
            shutDown(resources);
            throw e;
        }
    }

    /** Asked of the first node that answers. */
    private boolean isCluster(ClientResources resources) {
        RedisException failure = new RedisException("no node");
        for (RedisURI node : timed()) {
            RedisClient client = RedisClient.create(resources, node);
            client.setOptions(options());
            try (StatefulRedisConnection<String, String> asked = client.connect()) {
                return asked.sync().info("cluster").toLowerCase(Locale.ROOT).contains("cluster_enabled:1");
            } catch (RedisException e) {
                failure = e;
            } finally {
                client.shutdown(Duration.ZERO, CONNECT);
            }
        }
        throw failure;
    }

    private Connection single(ClientResources resources) {
        if (config.nodes().size() > 1) {
            throw new IllegalArgumentException("the Redis at " + config + " is no cluster; give one address");
        }
        RedisClient client = RedisClient.create(resources, timed().getFirst());
        client.setOptions(options());
        StatefulRedisConnection<byte[], byte[]> made = client.connect(ByteArrayCodec.INSTANCE);
        return new Connection(resources, client, made, made.async());
    }

    private Connection cluster(ClientResources resources) {
        RedisClusterClient client = RedisClusterClient.create(resources, timed());
        client.setOptions(ClusterClientOptions.builder(options())
                .topologyRefreshOptions(ClusterTopologyRefreshOptions.builder()
                        .enableAllAdaptiveRefreshTriggers()
                        .build())
                .build());
        StatefulRedisClusterConnection<byte[], byte[]> made = client.connect(ByteArrayCodec.INSTANCE);
        return new Connection(resources, client, made, made.async());
    }

    private List<RedisURI> timed() {
        return config.nodes().stream()
                .map(node -> RedisURI.builder(node).withTimeout(CONNECT).build())
                .toList();
    }

    private static ClientOptions options() {
        return ClientOptions.builder()
                .disconnectedBehavior(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS)
                .requestQueueSize(QUEUE)
                .socketOptions(SocketOptions.builder().connectTimeout(CONNECT).build())
                .build();
    }

    private static void shutDown(ClientResources resources) {
        var unused = resources.shutdown(0, CONNECT.toMillis(), TimeUnit.MILLISECONDS);
    }

    @Override
    public void close() {
        connecting.lock();
        try {
            closed = true;
            Connection open = connection;
            connection = null;
            if (open != null) {
                open.stateful().close();
                open.client().shutdown(Duration.ZERO, CONNECT);
                shutDown(open.resources());
            }
        } finally {
            connecting.unlock();
        }
    }
}
