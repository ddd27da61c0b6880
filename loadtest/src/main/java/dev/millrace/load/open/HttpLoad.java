package dev.millrace.load.open;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * One thread with many connections, each with one request on its way. In an open loop request i is due at start + i / rate,
 * whatever the server does, and its latency runs from then: one that waits for a free connection, or for this thread, waits
 * on the clock (no coordinated omission, as in wrk2). In a closed loop each connection sends again at once.
 *
 * <p>The thread looks every {@value #LOOK_NS} ns while nothing happens, so that a latency is at most about that too long.
 */
public final class HttpLoad {
    private static final long LOOK_NS = 100_000;
    private static final long LOOK_MS = 10;
    private static final long GRACE_NS = TimeUnit.SECONDS.toNanos(5);

    /**
     * @param warmUp sent like the rest and not measured
     * @param measured time in which requests that fall due are measured
     */
    public record Options(InetSocketAddress server, int connections, Duration warmUp, Duration measured) {}

    private final Options options;
    private final Requests requests;
    /** Nanoseconds between two requests; 0: a closed loop. */
    private final double everyNs;

    private final Deque<Connection> idle = new ArrayDeque<>();
    private final List<Kind> kinds =
            Stream.generate(Kind::new).limit(Requests.MAX_KINDS).toList();
    private long startNs;
    private long measureFromNs;
    private long endNs;
    private long next;
    private long onTheirWay;

    private HttpLoad(Options options, double everyNs, Requests requests) {
        this.options = options;
        this.everyNs = everyNs;
        this.requests = requests;
    }

    /** @param rate requests a second */
    public static LoadResult open(Options options, double rate, Requests requests) throws IOException {
        return new HttpLoad(options, TimeUnit.SECONDS.toNanos(1) / rate, requests).run();
    }

    /** As many as are answered. */
    public static LoadResult closed(Options options, Requests requests) throws IOException {
        return new HttpLoad(options, 0, requests).run();
    }

    private LoadResult run() throws IOException {
        List<Connection> connections = new ArrayList<>();
        try (Selector selector = Selector.open()) {
            try {
                for (int i = 0; i < options.connections(); i++) {
                    Connection connection = new Connection(options.server(), selector);
                    connections.add(connection);
                    idle.add(connection);
                }
                return drive(selector);
            } finally {
                for (Connection connection : connections) {
                    connection.close();
                }
            }
        }
    }

    private LoadResult drive(Selector selector) throws IOException {
        var threads = ManagementFactory.getThreadMXBean();
        startNs = System.nanoTime();
        measureFromNs = startNs + options.warmUp().toNanos();
        endNs = measureFromNs + options.measured().toNanos();
        long cpuFrom = 0;
        long now = startNs;
        while (now < endNs || (onTheirWay > 0 && now < endNs + GRACE_NS)) {
            boolean sent = sendDue(now);
            int ready = look(selector, sent, now);
            if (ready > 0) {
                selector.selectedKeys().forEach(this::serve);
                selector.selectedKeys().clear();
            }
            if (cpuFrom == 0 && now >= measureFromNs) {
                cpuFrom = threads.getCurrentThreadCpuTime();
            }
            now = System.nanoTime();
        }
        double cpuSeconds = (threads.getCurrentThreadCpuTime() - cpuFrom) / 1e9;
        for (long left = 0; left < onTheirWay; left++) {
            kinds.getFirst().lost();
        }
        return new LoadResult(kinds, options.measured().toNanos() / 1e9, cpuSeconds, unsent());
    }

    private long unsent() {
        return everyNs == 0 ? 0 : Math.max(0, (long) ((endNs - startNs) / everyNs) - next);
    }

    private long dueNs(long number, long now) {
        return everyNs == 0 ? now : startNs + (long) (number * everyNs);
    }

    private boolean sendDue(long now) {
        boolean sent = false;
        while (!idle.isEmpty() && now < endNs) {
            long due = dueNs(next, now);
            if (due > now) {
                break;
            }
            Connection connection = idle.poll();
            Requests.Request request = requests.next(next++);
            onTheirWay++;
            sent = true;
            settle(connection, connection.send(request, due));
        }
        return sent;
    }

    private int look(Selector selector, boolean sent, long now) throws IOException {
        if (everyNs == 0) {
            return selector.select(LOOK_MS);
        }
        int ready = selector.selectNow();
        if (ready == 0 && !sent) {
            long due = idle.isEmpty() ? now + LOOK_NS : dueNs(next, now);
            LockSupport.parkNanos(Math.clamp(due - now, 1, LOOK_NS));
        }
        return ready;
    }

    private void serve(SelectionKey key) {
        Connection connection = (Connection) key.attachment();
        settle(connection, connection.advance());
    }

    private void settle(Connection connection, Connection.State state) {
        if (state == Connection.State.BUSY) {
            return;
        }
        onTheirWay--;
        if (connection.dueNs() >= measureFromNs && connection.dueNs() < endNs) {
            Kind kind = kinds.get(connection.request().kind());
            if (state == Connection.State.BROKEN) {
                kind.lost();
            } else {
                kind.add(connection.status(), System.nanoTime() - connection.dueNs());
            }
        }
        if (state == Connection.State.BROKEN) {
            connection.reopen();
        } else {
            requests.answered(connection.request(), connection.status(), connection.body());
        }
        idle.add(connection);
    }
}
