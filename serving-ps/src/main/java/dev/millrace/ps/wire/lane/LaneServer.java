package dev.millrace.ps.wire.lane;

import dev.millrace.ps.wire.Endpoint;
import dev.millrace.ps.wire.FlatHandler;
import dev.millrace.ps.wire.FlatListener;
import dev.millrace.ps.wire.WireOptions;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Takes connections at one address; each gets a thread, after its greeting, which has a thread of its own too. */
public final class LaneServer implements FlatListener {
    private static final Logger LOG = LoggerFactory.getLogger(LaneServer.class);
    private static final long AFTER_FAILED_ACCEPT_NS = TimeUnit.MILLISECONDS.toNanos(100);

    private final Endpoint endpoint;
    private final ServerSocketChannel channel;
    private final FlatHandler handler;
    private final WireOptions options;
    private final Semaphore connectionsLeft;
    private final Set<ServerConnection> connections = ConcurrentHashMap.newKeySet();
    private final Set<SocketDuplex> greeting = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    private LaneServer(Endpoint endpoint, ServerSocketChannel channel, FlatHandler handler, WireOptions options) {
        this.endpoint = endpoint;
        this.channel = channel;
        this.handler = handler;
        this.options = options;
        this.connectionsLeft = new Semaphore(options.maxConnections());
    }

    /** @throws IOException if the address cannot be had */
    public static LaneServer start(Endpoint endpoint, FlatHandler handler, WireOptions options) throws IOException {
        ServerSocketChannel channel = endpoint.transport().isLocal() ? bindPath(endpoint) : bindPort(endpoint);
        Endpoint bound = channel.getLocalAddress() instanceof InetSocketAddress address
                ? endpoint.withPort(address.getPort())
                : endpoint;
        LaneServer server = new LaneServer(bound, channel, handler, options);
        Thread.ofPlatform().daemon().name("accept " + bound).start(server::accept);
        return server;
    }

    private static ServerSocketChannel bindPort(Endpoint endpoint) throws IOException {
        ServerSocketChannel channel = ServerSocketChannel.open();
        try {
            channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            return channel.bind(endpoint.address());
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw new IOException("cannot listen at " + endpoint + ": " + e.getMessage(), e);
        }
    }

    private static ServerSocketChannel bindPath(Endpoint endpoint) throws IOException {
        UnixDomainSocketAddress address = UnixDomainSocketAddress.of(endpoint.path());
        ServerSocketChannel channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            if (Files.exists(address.getPath()) && !isServed(address)) {
                // Left behind by a process that was killed.
                Files.delete(address.getPath());
            }
            return channel.bind(address);
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw new IOException("cannot listen at " + endpoint + ": " + e.getMessage(), e);
        }
    }

    private static boolean isServed(UnixDomainSocketAddress address) {
        try (SocketChannel probe = SocketChannel.open(address)) {
            return probe.isConnected();
        } catch (IOException e) {
            return Files.isRegularFile(address.getPath());
        }
    }

    @Override
    public Endpoint endpoint() {
        return endpoint;
    }

    private void accept() {
        while (!closed) {
            try {
                welcome(channel.accept());
            } catch (ClosedChannelException e) {
                return;
            } catch (IOException e) {
                LOG.warn("{}: a connection could not be taken: {}", endpoint, e.toString());
                // Out of file handles, as a rule.
                LockSupport.parkNanos(AFTER_FAILED_ACCEPT_NS);
            }
        }
    }

    private void welcome(SocketChannel from) throws IOException {
        if (!connectionsLeft.tryAcquire()) {
            LOG.warn("{}: more than {} connections, one was closed", endpoint, options.maxConnections());
            from.close();
            return;
        }
        String peer = endpoint + (endpoint.transport().isLocal() ? "" : " from " + from.getRemoteAddress());
        SocketDuplex socket;
        try {
            socket = new SocketDuplex(from, peer);
        } catch (IOException e) {
            connectionsLeft.release();
            throw e;
        }
        greeting.add(socket);
        Thread.ofPlatform().daemon().name("greet " + peer).start(() -> greet(socket));
    }

    private void greet(SocketDuplex socket) {
        Path folder = endpoint.transport().isLocal() ? folderOf(endpoint) : Path.of("");
        try {
            Duplex peer = Greeting.answer(socket, endpoint.transport() == Endpoint.Transport.SHM, folder, options);
            ServerConnection connection = new ServerConnection(peer, options, handler, this::ended);
            connections.add(connection);
            connection.start();
            if (closed) {
                connection.close();
            }
        } catch (IOException | RuntimeException e) {
            connectionsLeft.release();
            if (!closed) {
                LOG.warn("{}: no connection: {}", socket.peer(), e.getMessage());
            }
        } finally {
            greeting.remove(socket);
        }
    }

    private static Path folderOf(Endpoint endpoint) {
        Path parent = Path.of(endpoint.path()).getParent();
        return parent == null ? Path.of("/") : parent;
    }

    private void ended(ServerConnection connection) {
        connections.remove(connection);
        connectionsLeft.release();
    }

    @Override
    public void close() {
        closed = true;
        try {
            channel.close();
            if (endpoint.transport().isLocal()) {
                Files.deleteIfExists(Path.of(endpoint.path()));
            }
            for (SocketDuplex socket : greeting) {
                socket.close();
            }
        } catch (IOException e) {
            LOG.debug("{}: while closing: {}", endpoint, e.toString());
        }
        connections.forEach(ServerConnection::close);
    }
}
