package dev.millrace.ps.wire.lane;

import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.concurrent.TimeUnit;

/** A TCP or Unix domain socket with a selector of its own. */
final class SocketDuplex implements Duplex {
    /** One read: more would delay the first answer of a burst, and with it the peer's next work. */
    private static final int MOST_AT_ONCE = 64 << 10;

    private static final int WORTH_WRITING = 16 << 10;

    private final SocketChannel channel;
    private final Selector selector;
    private final SelectionKey key;
    private final String peer;

    /** @param channel connected; closed if this fails */
    SocketDuplex(SocketChannel channel, String peer) throws IOException {
        this.channel = channel;
        this.peer = peer;
        try {
            if (channel.supportedOptions().contains(StandardSocketOptions.TCP_NODELAY)) {
                channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            }
            channel.configureBlocking(false);
            selector = Selector.open();
            key = channel.register(selector, SelectionKey.OP_READ);
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    @Override
    public int read(ByteBuffer target) throws IOException {
        int limit = target.limit();
        target.limit(Math.min(limit, target.position() + MOST_AT_ONCE));
        int n = channel.read(target);
        target.limit(limit);
        return n;
    }

    @Override
    public int write(ByteBuffer source) throws IOException {
        return channel.write(source);
    }

    @Override
    public void await(int reasons, long timeoutNs, boolean eager) throws IOException {
        int interest = ((reasons & READABLE) != 0 ? SelectionKey.OP_READ : 0)
                | ((reasons & WRITABLE) != 0 ? SelectionKey.OP_WRITE : 0);
        try {
            if (key.interestOps() != interest) {
                key.interestOps(interest);
            }
            selector.select(Math.max(1, TimeUnit.NANOSECONDS.toMillis(timeoutNs)));
            selector.selectedKeys().clear();
        } catch (CancelledKeyException | ClosedSelectorException e) {
            throw new IOException("closed", e);
        }
    }

    @Override
    public void wakeUp() {
        selector.wakeup();
    }

    @Override
    public int worthWriting() {
        return WORTH_WRITING;
    }

    @Override
    public String peer() {
        return peer;
    }

    @Override
    public void close() throws IOException {
        try (selector) {
            channel.close();
        }
    }
}
