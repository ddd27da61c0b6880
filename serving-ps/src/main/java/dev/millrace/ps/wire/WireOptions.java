package dev.millrace.ps.wire;

import java.time.Duration;

/**
 * The bounds of a connection; both ends may differ.
 *
 * @param maxFrameBytes of one body; beyond it a caller's request fails, and a peer's frame ends the connection
 * @param inFlight unanswered calls of a connection: a caller beyond it waits or is refused, a server reads no further
 * @param whenFull what a call beyond {@code inFlight} does
 * @param deadline of calls that name none
 * @param connectTimeout for the connection and its greeting
 * @param queueBytes bytes of a connection that wait to be written (one frame more than that may)
 * @param ringBytes of each of the two rings of shared memory, a power of two; the connecting side's counts
 * @param spin how long shared memory is watched before its thread sleeps; idle connections cost nothing
 * @param maxConnections of a listener; more are closed at once
 */
public record WireOptions(
        int maxFrameBytes,
        int inFlight,
        WhenFull whenFull,
        Duration deadline,
        Duration connectTimeout,
        int queueBytes,
        int ringBytes,
        Duration spin,
        int maxConnections) {
    public static final WireOptions DEFAULT = new WireOptions(
            16 << 20,
            256,
            WhenFull.WAIT,
            Duration.ofSeconds(10),
            Duration.ofSeconds(5),
            4 << 20,
            1 << 20,
            Duration.ofNanos(50_000),
            256);

    private static final int MAX_FRAME = 1 << 30;
    private static final int MAX_RING = 1 << 28;

    public enum WhenFull {
        WAIT,
        REFUSE
    }

    public WireOptions {
        check("maxFrameBytes", maxFrameBytes, 1, MAX_FRAME);
        check("inFlight", inFlight, 1, 1 << 16);
        check("deadline (ms)", deadline.toMillis(), 1, Duration.ofDays(1).toMillis());
        check(
                "connectTimeout (ms)",
                connectTimeout.toMillis(),
                1,
                Duration.ofDays(1).toMillis());
        check("queueBytes", queueBytes, 1, MAX_FRAME);
        check("ringBytes", ringBytes, 1 << 12, MAX_RING);
        if (Integer.bitCount(ringBytes) != 1) {
            throw new IllegalArgumentException("ringBytes must be a power of two, not " + ringBytes);
        }
        check("spin (ns)", spin.toNanos(), 0, Duration.ofSeconds(1).toNanos());
        check("maxConnections", maxConnections, 1, 1 << 16);
    }

    private static void check(String name, long value, long least, long most) {
        if (value < least || value > most) {
            throw new IllegalArgumentException(name + " must be " + least + " to " + most + ", not " + value);
        }
    }

    public WireOptions withMaxFrameBytes(int bytes) {
        return new WireOptions(
                bytes, inFlight, whenFull, deadline, connectTimeout, queueBytes, ringBytes, spin, maxConnections);
    }

    public WireOptions withInFlight(int calls, WhenFull then) {
        return new WireOptions(
                maxFrameBytes, calls, then, deadline, connectTimeout, queueBytes, ringBytes, spin, maxConnections);
    }

    public WireOptions withDeadline(Duration each) {
        return new WireOptions(
                maxFrameBytes, inFlight, whenFull, each, connectTimeout, queueBytes, ringBytes, spin, maxConnections);
    }

    public WireOptions withConnectTimeout(Duration timeout) {
        return new WireOptions(
                maxFrameBytes, inFlight, whenFull, deadline, timeout, queueBytes, ringBytes, spin, maxConnections);
    }

    public WireOptions withQueueBytes(int bytes) {
        return new WireOptions(
                maxFrameBytes, inFlight, whenFull, deadline, connectTimeout, bytes, ringBytes, spin, maxConnections);
    }

    public WireOptions withRing(int bytes, Duration watched) {
        return new WireOptions(
                maxFrameBytes,
                inFlight,
                whenFull,
                deadline,
                connectTimeout,
                queueBytes,
                bytes,
                watched,
                maxConnections);
    }

    public WireOptions withMaxConnections(int connections) {
        return new WireOptions(
                maxFrameBytes, inFlight, whenFull, deadline, connectTimeout, queueBytes, ringBytes, spin, connections);
    }
}
