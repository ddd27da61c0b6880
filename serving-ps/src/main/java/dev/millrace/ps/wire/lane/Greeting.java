package dev.millrace.ps.wire.lane;

import dev.millrace.ps.wire.Endpoint;
import dev.millrace.ps.wire.WireOptions;
import dev.millrace.ps.wire.shm.RingFile;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/**
 * The first bytes of a connection, little-endian:
 *
 * <pre>
 *  there  0 magic "MRLN" u32 │ 4 version u8 │ 5 carrier u8 (0 this socket, 1 rings) │ 6 0 │ 8 ring bytes u32 │ 12 0 u32
 *  back   0 magic            │ 4 version    │ 5 refused u8 (0 no, 1 carrier, 2 ring) │ 6 path's bytes u16
 *         8 ring bytes u32 │ 12 max frame bytes u32 │ 16 path of the rings' file
 *  there  one byte, when the rings are mapped; then the file loses its name
 * </pre>
 *
 * Frames follow, in both directions. With rings, the socket then carries nothing but single bytes that wake a sleeper.
 */
final class Greeting {
    static final int BYTES = 16;

    private static final int MAGIC = 0x4E4C_524D;
    private static final int VERSION = 1;
    private static final int SOCKET = 0;
    private static final int RINGS = 1;
    private static final int WELCOME = 0;
    private static final int NO_SUCH_CARRIER = 1;
    private static final int NO_SUCH_RING = 2;
    private static final byte MAPPED = 1;

    private Greeting() {}

    /** @param maxFrameBytes the serving end's bound */
    record Greeted(Duplex peer, int maxFrameBytes) {}

    /** The connecting end. */
    static Greeted connect(Endpoint endpoint, WireOptions options) throws IOException {
        SocketDuplex socket = new SocketDuplex(open(endpoint, options), endpoint.toString());
        try {
            long untilNs = System.nanoTime() + options.connectTimeout().toNanos();
            boolean rings = endpoint.transport() == Endpoint.Transport.SHM;
            write(socket, hello(rings ? RINGS : SOCKET, rings ? options.ringBytes() : 0), untilNs);
            ByteBuffer back = checked(read(socket, BYTES, untilNs));
            int refused = back.get(5);
            if (refused != WELCOME) {
                throw new IOException(
                        refused == NO_SUCH_RING
                                ? "the server makes no such rings"
                                : "the server offers no shared memory");
            }
            Duplex peer = rings ? mapRings(socket, back, options, untilNs) : socket;
            return new Greeted(peer, back.getInt(12));
        } catch (IOException | RuntimeException e) {
            socket.close();
            throw e;
        }
    }

    private static SocketChannel open(Endpoint endpoint, WireOptions options) throws IOException {
        if (endpoint.transport().isLocal()) {
            return SocketChannel.open(UnixDomainSocketAddress.of(endpoint.path()));
        }
        SocketChannel channel = SocketChannel.open();
        try {
            channel.socket()
                    .connect(endpoint.address(), (int) options.connectTimeout().toMillis());
            return channel;
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    private static ByteBuffer hello(int carrier, int ringBytes) {
        return bytes(BYTES)
                .putInt(MAGIC)
                .put((byte) VERSION)
                .put((byte) carrier)
                .putShort((short) 0)
                .putInt(ringBytes)
                .putInt(0)
                .flip();
    }

    private static Duplex mapRings(SocketDuplex socket, ByteBuffer back, WireOptions options, long untilNs)
            throws IOException {
        ByteBuffer path = read(socket, Short.toUnsignedInt(back.getShort(6)), untilNs);
        RingFile file;
        try {
            file = RingFile.open(Path.of(StandardCharsets.UTF_8.decode(path).toString()), options.ringBytes());
        } catch (InvalidPathException e) {
            throw new IOException("the server's ring has no path", e);
        }
        try {
            write(socket, bytes(1).put(MAPPED).flip(), untilNs);
            return new RingDuplex(socket, file, false, options.spin().toNanos());
        } catch (IOException e) {
            file.close();
            throw e;
        }
    }

    /** The serving end. @param socket closed if this fails */
    static Duplex answer(SocketDuplex socket, boolean offersRings, Path folder, WireOptions options)
            throws IOException {
        try {
            long untilNs = System.nanoTime() + options.connectTimeout().toNanos();
            ByteBuffer hello = checked(read(socket, BYTES, untilNs));
            boolean rings = hello.get(5) == RINGS;
            int ringBytes = hello.getInt(8);
            if (hello.get(5) != SOCKET && !(rings && offersRings)) {
                write(socket, back(NO_SUCH_CARRIER, 0, options, ""), untilNs);
                throw new Frames.BrokenException("it wants carrier " + hello.get(5) + ", which is not offered here");
            }
            if (!rings) {
                write(socket, back(WELCOME, 0, options, ""), untilNs);
                return socket;
            }
            if (ringBytes < 1 << 12 || ringBytes > 1 << 28 || Integer.bitCount(ringBytes) != 1) {
                write(socket, back(NO_SUCH_RING, 0, options, ""), untilNs);
                throw new Frames.BrokenException("it wants rings of " + Integer.toUnsignedLong(ringBytes) + " bytes");
            }
            return makeRings(socket, folder, ringBytes, options, untilNs);
        } catch (IOException | RuntimeException e) {
            socket.close();
            throw e;
        }
    }

    private static Duplex makeRings(SocketDuplex socket, Path folder, int ringBytes, WireOptions options, long untilNs)
            throws IOException {
        RingFile file = RingFile.create(ringBytes, folder);
        try {
            write(socket, back(WELCOME, ringBytes, options, file.path().toString()), untilNs);
            read(socket, 1, untilNs);
            return new RingDuplex(socket, file, true, options.spin().toNanos());
        } catch (IOException e) {
            file.close();
            throw e;
        } finally {
            file.deleteName();
        }
    }

    private static ByteBuffer back(int refused, int ringBytes, WireOptions options, String path) {
        byte[] name = path.getBytes(StandardCharsets.UTF_8);
        return bytes(BYTES + name.length)
                .putInt(MAGIC)
                .put((byte) VERSION)
                .put((byte) refused)
                .putShort((short) name.length)
                .putInt(ringBytes)
                .putInt(options.maxFrameBytes())
                .put(name)
                .flip();
    }

    private static ByteBuffer checked(ByteBuffer greeting) throws IOException {
        if (greeting.getInt(0) != MAGIC) {
            throw new Frames.BrokenException("the peer does not speak this protocol");
        }
        if (greeting.get(4) != VERSION) {
            throw new Frames.BrokenException("the peer speaks version " + greeting.get(4) + ", not " + VERSION);
        }
        return greeting;
    }

    private static ByteBuffer bytes(int n) {
        return ByteBuffer.allocate(n).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Exactly so many, flipped. */
    private static ByteBuffer read(Duplex peer, int n, long untilNs) throws IOException {
        ByteBuffer target = bytes(n);
        while (target.hasRemaining()) {
            int got = peer.read(target);
            if (got < 0) {
                throw new EOFException("it ended during the greeting");
            }
            if (got == 0) {
                awaitUntil(peer, Duplex.READABLE, untilNs);
            }
        }
        return target.flip();
    }

    private static void write(Duplex peer, ByteBuffer source, long untilNs) throws IOException {
        while (source.hasRemaining()) {
            if (peer.write(source) == 0) {
                awaitUntil(peer, Duplex.WRITABLE, untilNs);
            }
        }
    }

    private static void awaitUntil(Duplex peer, int reason, long untilNs) throws IOException {
        long left = untilNs - System.nanoTime();
        if (left <= 0) {
            throw new SocketTimeoutException("no greeting in time");
        }
        peer.await(reason, left, false);
    }
}
