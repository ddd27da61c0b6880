package dev.millrace.ps.remote;

import dev.millrace.ps.wire.Endpoint;
import dev.millrace.ps.wire.WireOptions;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;

/**
 * Where {@code serving-ps} processes listen. Those that serve the same shards stand in for each other.
 *
 * @param read longest time of one read, other processes' tries included
 */
public record RemoteConfig(List<Endpoint> endpoints, Duration read, WireOptions wire) {
    /** Processes that may be named, so that a request asks a bounded number of them. */
    private static final int MAX_ENDPOINTS = 256;

    public RemoteConfig {
        endpoints = List.copyOf(endpoints);
        if (endpoints.isEmpty() || endpoints.size() > MAX_ENDPOINTS) {
            throw new IllegalArgumentException(endpoints.size() + " endpoints of serving-ps, 1.." + MAX_ENDPOINTS);
        }
    }

    /**
     * With the defaults: 500 ms a read.
     *
     * @param list {@code tcp://a:1,grpc://b:2,unix:/path,shm:/path}
     */
    public static RemoteConfig of(String list) {
        List<Endpoint> endpoints =
                Arrays.stream(list.split(",", -1)).map(Endpoint::parse).toList();
        return new RemoteConfig(
                endpoints, Duration.ofMillis(500), WireOptions.DEFAULT.withConnectTimeout(Duration.ofSeconds(1)));
    }

    public RemoteConfig withRead(Duration longest) {
        return new RemoteConfig(endpoints, longest, wire);
    }
}
