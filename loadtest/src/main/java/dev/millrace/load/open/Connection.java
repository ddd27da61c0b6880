package dev.millrace.load.open;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** One kept-alive HTTP/1.1 connection with at most one request on its way. Understands answers with a Content-Length. */
final class Connection {
    private static final int BUFFER = 64 << 10;
    private static final int MAX_BUFFER = 16 << 20;
    private static final byte[] LENGTH = "content-length:".getBytes(StandardCharsets.US_ASCII);
    private static final int STATUS_AT = "HTTP/1.1 ".length();

    enum State {
        BUSY,
        ANSWERED,
        BROKEN
    }

    private final InetSocketAddress server;
    private final Selector selector;
    private ByteBuffer in = ByteBuffer.allocate(BUFFER);
    private @Nullable SocketChannel channel;
    private @Nullable SelectionKey key;
    private @Nullable ByteBuffer out;
    private Requests.@Nullable Request request;
    private long dueNs;
    private int status;
    /** Of the answer that is being read; 0: its head is not whole yet. */
    private int bodyAt;

    private int bodyEnd;

    Connection(InetSocketAddress server, Selector selector) throws IOException {
        this.server = server;
        this.selector = selector;
        open();
    }

    private void open() throws IOException {
        SocketChannel opened = SocketChannel.open(server);
        opened.setOption(StandardSocketOptions.TCP_NODELAY, true);
        opened.configureBlocking(false);
        key = opened.register(selector, SelectionKey.OP_READ, this);
        channel = opened;
    }

    State send(Requests.Request next, long due) {
        request = next;
        dueNs = due;
        out = next.bytes().duplicate();
        in.clear();
        bodyAt = 0;
        status = 0;
        try {
            write();
            return State.BUSY;
        } catch (IOException e) {
            return State.BROKEN;
        }
    }

    private void write() throws IOException {
        ByteBuffer rest = Objects.requireNonNull(out);
        var unused = Objects.requireNonNull(channel).write(rest);
        int wanted = rest.hasRemaining() ? SelectionKey.OP_READ | SelectionKey.OP_WRITE : SelectionKey.OP_READ;
        SelectionKey registered = Objects.requireNonNull(key);
        if (registered.interestOps() != wanted) {
            registered.interestOps(wanted);
        }
    }

    /** Goes on with what the channel is ready for. */
    State advance() {
        try {
            SelectionKey ready = Objects.requireNonNull(key);
            if (!ready.isValid()) {
                return State.BROKEN;
            }
            if (ready.isWritable()) {
                write();
            }
            return ready.isReadable() ? read() : State.BUSY;
        } catch (IOException e) {
            return State.BROKEN;
        }
    }

    private State read() throws IOException {
        if (!in.hasRemaining()) {
            if (in.capacity() == MAX_BUFFER) {
                return State.BROKEN;
            }
            in = ByteBuffer.allocate(in.capacity() * 2).put(in.flip());
        }
        if (Objects.requireNonNull(channel).read(in) < 0) {
            return State.BROKEN;
        }
        if (bodyAt == 0 && !head()) {
            return State.BUSY;
        }
        return in.position() >= bodyEnd ? State.ANSWERED : State.BUSY;
    }

    /** Whether the head is whole. */
    private boolean head() {
        byte[] bytes = in.array();
        int end = in.position();
        for (int i = 3; i < end; i++) {
            if (bytes[i] == '\n' && bytes[i - 1] == '\r' && bytes[i - 2] == '\n' && bytes[i - 3] == '\r') {
                bodyAt = i + 1;
                status = digits(bytes, STATUS_AT, bodyAt);
                bodyEnd = bodyAt + length(bytes, bodyAt);
                return true;
            }
        }
        return false;
    }

    private static int length(byte[] bytes, int end) {
        for (int line = 0; line < end; line++) {
            if (bytes[line] == '\n' && startsLength(bytes, line + 1, end)) {
                int at = line + 1 + LENGTH.length;
                while (bytes[at] == ' ') {
                    at++;
                }
                return digits(bytes, at, end);
            }
        }
        return 0;
    }

    private static boolean startsLength(byte[] bytes, int from, int end) {
        if (from + LENGTH.length > end) {
            return false;
        }
        for (int i = 0; i < LENGTH.length; i++) {
            // The name's case does not matter; what else may differ in this bit is no header name.
            if ((bytes[from + i] | 0x20) != (LENGTH[i] | 0x20)) {
                return false;
            }
        }
        return true;
    }

    private static int digits(byte[] bytes, int from, int end) {
        int value = 0;
        for (int i = from; i < end && bytes[i] >= '0' && bytes[i] <= '9'; i++) {
            value = 10 * value + bytes[i] - '0';
        }
        return value;
    }

    long dueNs() {
        return dueNs;
    }

    Requests.Request request() {
        return Objects.requireNonNull(request);
    }

    int status() {
        return status;
    }

    ByteBuffer body() {
        return ByteBuffer.wrap(in.array(), bodyAt, bodyEnd - bodyAt);
    }

    void reopen() {
        close();
        try {
            open();
        } catch (IOException e) {
            throw new UncheckedIOException("the server at " + server + " takes no connection", e);
        }
    }

    void close() {
        try {
            if (channel != null) {
                channel.close();
            }
        } catch (IOException e) {
            // It is gone either way.
            channel = null;
        }
    }
}
