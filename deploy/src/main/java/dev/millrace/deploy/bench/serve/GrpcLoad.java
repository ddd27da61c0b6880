package dev.millrace.deploy.bench.serve;

import dev.millrace.load.open.Kind;
import dev.millrace.load.open.LoadResult;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Calls of one method, as {@link dev.millrace.load.open.HttpLoad} sends requests: in an open loop call i is due at
 * start + i / rate, whatever the server does, and its latency runs from then.
 *
 * <pre>
 *  field     written by                                      read by
 *  places    both threads                                    both
 *  number    closed loop: connections' thread; open: caller  the same
 *  kind      connections' thread                             caller, after it
 * </pre>
 *
 * The caller's thread sends what is due; answers come on the connections' thread, which in a closed loop sends the next.
 */
final class GrpcLoad implements Load {
    private static final long LOOK_NS = 100_000;
    private static final long GRACE_S = 5;
    private static final int OK = 200;

    private final GrpcConnections connections;
    private final MethodDescriptor<byte[], byte[]> method;
    private final List<byte[]> messages;

    GrpcLoad(GrpcConnections connections, String method, List<byte[]> messages) {
        this.connections = connections;
        this.method = GrpcConnections.method(method);
        this.messages = messages;
    }

    @Override
    public LoadResult closed(int together, Duration warmUp, Duration measured) throws IOException {
        return new Run(together, warmUp, measured, 0).run();
    }

    @Override
    public LoadResult open(int together, Duration warmUp, Duration measured, double rate) throws IOException {
        return new Run(together, warmUp, measured, TimeUnit.SECONDS.toNanos(1) / rate).run();
    }

    private final class Run {
        private final Kind kind = new Kind();
        private final int together;
        private final Semaphore places;
        /** Nanoseconds between two calls; 0: a closed loop. */
        private final double everyNs;

        private final Duration measured;
        private final long startNs = System.nanoTime();
        private final long measureFromNs;
        private final long endNs;
        private long number;

        Run(int together, Duration warmUp, Duration measured, double everyNs) {
            this.together = together;
            this.everyNs = everyNs;
            this.measured = measured;
            places = new Semaphore(together);
            measureFromNs = startNs + warmUp.toNanos();
            endNs = measureFromNs + measured.toNanos();
        }

        LoadResult run() throws IOException {
            if (everyNs == 0) {
                connections.onThread(this::sendAll);
            }
            long[] cpuNs = new long[1];
            while (System.nanoTime() < endNs) {
                if (cpuNs[0] == 0 && System.nanoTime() >= measureFromNs) {
                    cpuNs[0] = cpuNs();
                }
                if (everyNs == 0) {
                    LockSupport.parkNanos(LOOK_NS);
                } else {
                    sendDue();
                }
            }
            double cpuSeconds = (cpuNs() - cpuNs[0]) / 1e9;
            int answered = awaitAll();
            connections.onThread(() -> {
                for (int left = answered; left < together; left++) {
                    kind.lost();
                }
                return left();
            });
            return new LoadResult(List.of(kind), measured.toNanos() / 1e9, cpuSeconds, left());
        }

        private long cpuNs() {
            return connections.cpuNs() + ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
        }

        private boolean sendAll() {
            while (places.tryAcquire()) {
                send(System.nanoTime());
            }
            return true;
        }

        private void sendDue() {
            long due = dueNs();
            long now = System.nanoTime();
            if (due > now) {
                LockSupport.parkNanos(Math.min(due - now, LOOK_NS));
            } else if (places.tryAcquire()) {
                send(due);
            } else {
                LockSupport.parkNanos(LOOK_NS);
            }
        }

        private long dueNs() {
            return startNs + (long) (number * everyNs);
        }

        /** Places that have come back when nothing more is waited for. */
        private int awaitAll() throws IOException {
            try {
                if (places.tryAcquire(together, GRACE_S, TimeUnit.SECONDS)) {
                    return together;
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted while calls were on their way", e);
            }
            return places.availablePermits();
        }

        private long left() {
            return everyNs == 0 ? 0 : Math.max(0, (long) ((endNs - startNs) / everyNs) - number);
        }

        private void send(long due) {
            long sent = number++;
            ClientCall<byte[], byte[]> call = connections.call(method, sent);
            call.start(
                    new ClientCall.Listener<>() {
                        @Override
                        public void onClose(Status status, Metadata trailers) {
                            ended(due, status);
                        }
                    },
                    new Metadata());
            call.request(2);
            call.sendMessage(messages.get((int) (sent % messages.size())));
            call.halfClose();
        }

        private void ended(long due, Status status) {
            if (due >= measureFromNs && due < endNs) {
                kind.add(http(status), System.nanoTime() - due);
            }
            if (everyNs == 0 && System.nanoTime() < endNs) {
                send(System.nanoTime());
            } else {
                places.release();
            }
        }

        private static int http(Status status) {
            return switch (status.getCode()) {
                case OK -> OK;
                case RESOURCE_EXHAUSTED -> 429;
                case UNAVAILABLE -> 503;
                default -> 500;
            };
        }
    }
}
