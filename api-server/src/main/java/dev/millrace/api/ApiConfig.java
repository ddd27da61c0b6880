package dev.millrace.api;

import dev.millrace.api.candidate.CandidateConfig;
import dev.millrace.api.grpc.GrpcConfig;
import dev.millrace.api.security.Guard;
import dev.millrace.api.security.SecurityConfig;
import java.net.URI;
import java.time.Duration;

/**
 * Configuration of the API server.
 *
 * @param host to listen at; 127.0.0.1 lets nobody in from outside, which is a must while nothing asks who calls
 * @param port 0: any free one
 * @param bootstrapServers Kafka's
 * @param candidates bounds of what is remembered to recommend from
 * @param grpc the other edge
 * @param monitored whether what is served is watched: quality, freshness, frames of the page, hot keys, recent requests
 */
public record ApiConfig(
        String host,
        int port,
        String bootstrapServers,
        Limits limits,
        Times times,
        Edge edge,
        CandidateConfig candidates,
        GrpcConfig grpc,
        boolean monitored) {
    public static final String LOOPBACK = "127.0.0.1";
    public static final int DEFAULT_PORT = 8080;

    private static final int MAX_PORT = 65_535;

    public ApiConfig {
        require(!host.isBlank(), "host", host);
        require(port >= 0 && port <= MAX_PORT, "port", port);
        require(!bootstrapServers.isBlank(), "bootstrapServers", bootstrapServers);
        if (edge.security() instanceof SecurityConfig.Dev && !Guard.isLoopbackName(host)) {
            throw new IllegalArgumentException("api configuration: host must not be " + host
                    + " in dev mode, where nothing asks who calls; give TLS and keys, or listen at " + LOOPBACK);
        }
    }

    /** Everything by default. */
    /** Where it can be called from this machine. @param boundPort where it listens */
    public URI here(int boundPort) {
        boolean isEncrypted = edge.security() instanceof SecurityConfig.Guarded;
        boolean isAnywhere = host.equals("0.0.0.0") || host.equals("::");
        String name = isAnywhere ? LOOPBACK : host.contains(":") ? "[" + host + "]" : host;
        return URI.create((isEncrypted ? "https://" : "http://") + name + ":" + boundPort);
    }

    public static ApiConfig of(String bootstrapServers) {
        return new ApiConfig(
                LOOPBACK,
                DEFAULT_PORT,
                bootstrapServers,
                Limits.DEFAULT,
                Times.DEFAULT,
                Edge.DEV,
                CandidateConfig.DEFAULT,
                GrpcConfig.DEFAULT,
                true);
    }

    public ApiConfig withPort(int newPort) {
        return new ApiConfig(host, newPort, bootstrapServers, limits, times, edge, candidates, grpc, monitored);
    }

    public ApiConfig withLimits(Limits newLimits) {
        return new ApiConfig(host, port, bootstrapServers, newLimits, times, edge, candidates, grpc, monitored);
    }

    /** Who may come in, and where. */
    public ApiConfig withEdge(String newHost, Edge newEdge) {
        return new ApiConfig(newHost, port, bootstrapServers, limits, times, newEdge, candidates, grpc, monitored);
    }

    public ApiConfig withCandidates(CandidateConfig newCandidates) {
        return new ApiConfig(host, port, bootstrapServers, limits, times, edge, newCandidates, grpc, monitored);
    }

    public ApiConfig withGrpc(GrpcConfig newGrpc) {
        return new ApiConfig(host, port, bootstrapServers, limits, times, edge, candidates, newGrpc, monitored);
    }

    public ApiConfig withMonitoring(boolean nowMonitored) {
        return new ApiConfig(host, port, bootstrapServers, limits, times, edge, candidates, grpc, nowMonitored);
    }

    /**
     * What is asked of a request before it is read.
     *
     * @param lineBytes longest first line
     * @param headerBytes of all headers
     */
    public record Edge(SecurityConfig security, int lineBytes, int headerBytes) {
        public static final Edge DEV = new Edge(SecurityConfig.DEV, 4096, 8192);

        public Edge {
            require(lineBytes > 0, "lineBytes", lineBytes);
            require(headerBytes > 0, "headerBytes", headerBytes);
        }

        /** With the same bounds. */
        public Edge withSecurity(SecurityConfig other) {
            return new Edge(other, lineBytes, headerBytes);
        }
    }

    /**
     * Bounds of memory and work.
     *
     * @param connections open at a time
     * @param bodyBytes largest request body
     * @param bodiesBytes bodies of all requests on their way together
     * @param ranks rank requests at a time at most; how many, the server finds out
     * @param posts posts of events at a time
     * @param profiles requests of profiles at a time
     * @param waiters requests that wait for a trace, at a time
     * @param streams monitor streams at a time
     * @param traces actions whose way is known
     * @param tailRecords read back of each partition at the start
     * @param samples sample ids a model, and dead letters, that are known, against counting twice
     * @param rankIds requests whose answers are kept for a retry
     * @param rankItems of these answers in all
     * @param openImpressions requests a model whose labels are awaited for the impression AUC
     */
    public record Limits(
            int connections,
            int bodyBytes,
            long bodiesBytes,
            int ranks,
            int posts,
            int profiles,
            int waiters,
            int streams,
            int traces,
            long tailRecords,
            int samples,
            int rankIds,
            int rankItems,
            int openImpressions) {
        public static final Limits DEFAULT = new Limits(
                1024, 2 << 20, 128L << 20, 256, 256, 256, 4096, 64, 200_000, 100_000, 200_000, 20_000, 200_000, 50_000);

        public Limits {
            require(connections > 0, "connections", connections);
            require(bodyBytes > 0, "bodyBytes", bodyBytes);
            require(bodiesBytes >= bodyBytes, "bodiesBytes", bodiesBytes);
            require(ranks > 0, "ranks", ranks);
            require(posts > 0, "posts", posts);
            require(profiles > 0, "profiles", profiles);
            require(waiters > 0, "waiters", waiters);
            require(streams > 0, "streams", streams);
            require(traces > 0, "traces", traces);
            require(tailRecords >= 0, "tailRecords", tailRecords);
            require(samples > 0, "samples", samples);
            require(rankIds > 0, "rankIds", rankIds);
            require(rankItems > 0, "rankItems", rankItems);
            require(openImpressions > 0, "openImpressions", openImpressions);
        }
    }

    /**
     * How long things may take.
     *
     * @param acknowledged longest wait for the log, then 503
     * @param within longest wait for a trace that a caller may ask for
     * @param future how far ahead of this clock an event's time may be
     * @param tailAge how far back in time the tail begins at most
     * @param silence longest time without a record of the log while ready
     * @param learning longest lag of the weights' event time behind the clock, before health says that learning stands still
     * @param maxAge longest such lag while ready
     * @param recent length of the monitor's windows
     * @param slack added to a model's reward window, after which a request's labels must have come
     * @param effect longest wait until a change of versions is in effect
     */
    public record Times(
            Duration acknowledged,
            Duration within,
            Duration future,
            Duration tailAge,
            Duration silence,
            Duration learning,
            Duration maxAge,
            Duration recent,
            Duration slack,
            Duration effect) {
        public static final Times DEFAULT = new Times(
                Duration.ofSeconds(2),
                Duration.ofSeconds(30),
                Duration.ofSeconds(10),
                Duration.ofMinutes(10),
                Duration.ofSeconds(5),
                Duration.ofSeconds(30),
                Duration.ofMinutes(15),
                Duration.ofSeconds(60),
                Duration.ofSeconds(5),
                Duration.ofSeconds(30));

        public Times {
            positive("acknowledged", acknowledged);
            positive("within", within);
            positive("future", future);
            positive("tailAge", tailAge);
            positive("silence", silence);
            positive("learning", learning);
            positive("maxAge", maxAge);
            positive("recent", recent);
            positive("slack", slack);
            positive("effect", effect);
        }

        private static void positive(String name, Duration value) {
            require(value.isPositive(), name, value);
        }
    }

    private static void require(boolean holds, String name, Object value) {
        if (!holds) {
            throw new IllegalArgumentException("api configuration: " + name + " must not be " + value);
        }
    }
}
