package dev.millrace.ps.wire;

import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * Where a server listens: {@code grpc://host:port}, {@code tcp://host:port}, {@code unix:/path} or {@code shm:/path}
 * (shared memory, agreed upon over a Unix domain socket at this path).
 *
 * @param host name or address, "" for those with a path; IPv6 without its brackets
 * @param port 0 to 65535, 0 to let the system choose; 0 for those with a path
 * @param path absolute, "" for those with a host
 */
public record Endpoint(Transport transport, String host, int port, String path) {
    /** Linux: sockaddr_un, less the closing zero. */
    private static final int MAX_PATH_BYTES = 107;

    public enum Transport {
        GRPC("grpc://"),
        TCP("tcp://"),
        UNIX("unix:"),
        SHM("shm:");

        private final String prefix;

        Transport(String prefix) {
            this.prefix = prefix;
        }

        /** Whether both ends are on one host by nature. */
        public boolean isLocal() {
            return this == UNIX || this == SHM;
        }
    }

    public Endpoint {
        if (transport.isLocal()) {
            if (!path.startsWith("/") || !host.isEmpty() || port != 0) {
                throw new IllegalArgumentException(
                        transport.prefix + path + " needs an absolute path and nothing else");
            }
            int bytes = path.getBytes(StandardCharsets.UTF_8).length;
            if (bytes > MAX_PATH_BYTES) {
                throw new IllegalArgumentException(
                        "a socket's path has at most " + MAX_PATH_BYTES + " bytes, " + path + " has " + bytes);
            }
        } else if (host.isEmpty() || !path.isEmpty() || port < 0 || port > 0xFFFF) {
            throw new IllegalArgumentException(
                    transport.prefix + host + ":" + port + " needs a host and a port of 0 to 65535");
        }
    }

    public static Endpoint tcp(String host, int port) {
        return new Endpoint(Transport.TCP, host, port, "");
    }

    public static Endpoint grpc(String host, int port) {
        return new Endpoint(Transport.GRPC, host, port, "");
    }

    public static Endpoint unix(String path) {
        return new Endpoint(Transport.UNIX, "", 0, path);
    }

    public static Endpoint shm(String path) {
        return new Endpoint(Transport.SHM, "", 0, path);
    }

    /** @throws IllegalArgumentException which says what is wrong with the text */
    public static Endpoint parse(String text) {
        for (Transport transport : Transport.values()) {
            if (text.toLowerCase(Locale.ROOT).startsWith(transport.prefix)) {
                String rest = text.substring(transport.prefix.length());
                return transport.isLocal() ? new Endpoint(transport, "", 0, rest) : hostAndPort(transport, rest, text);
            }
        }
        throw new IllegalArgumentException(
                "\"" + text + "\" is no endpoint: grpc://host:port, tcp://host:port, unix:/path or shm:/path");
    }

    private static Endpoint hostAndPort(Transport transport, String rest, String text) {
        int colon = rest.lastIndexOf(':');
        String host = colon < 0 ? rest : rest.substring(0, colon);
        if (host.startsWith("[") && host.endsWith("]")) {
            host = host.substring(1, host.length() - 1);
        } else if (host.indexOf(':') >= 0) {
            throw new IllegalArgumentException("\"" + text + "\": an IPv6 address stands in brackets, before :port");
        }
        try {
            return new Endpoint(transport, host, Integer.parseInt(rest.substring(colon + 1)), "");
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("\"" + text + "\" has no port: " + transport.prefix + "host:port", e);
        }
    }

    /** The same with the port that was bound. */
    public Endpoint withPort(int bound) {
        return new Endpoint(transport, host, bound, path);
    }

    /** Resolves the host's name. */
    public InetSocketAddress address() {
        return new InetSocketAddress(host, port);
    }

    /** As {@link #parse} reads it. */
    @Override
    public String toString() {
        if (transport.isLocal()) {
            return transport.prefix + path;
        }
        return transport.prefix + (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + port;
    }
}
