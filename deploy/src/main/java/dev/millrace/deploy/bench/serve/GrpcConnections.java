package dev.millrace.deploy.bench.serve;

import com.google.common.io.ByteStreams;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.KnownLength;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;

/** A few connections to one gRPC server, all on one thread; messages are bytes, made and read by nobody here. */
final class GrpcConnections implements AutoCloseable {
    private static final int CONNECTIONS = 4;
    private static final MethodDescriptor.Marshaller<byte[]> BYTES = new MethodDescriptor.Marshaller<>() {
        @Override
        public InputStream stream(byte[] message) {
            return new Known(message);
        }

        @Override
        public byte[] parse(InputStream message) {
            try {
                return ByteStreams.toByteArray(message);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    };

    private final EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final List<ManagedChannel> channels = new ArrayList<>();
    private final long thread;

    GrpcConnections(InetSocketAddress server) {
        for (int i = 0; i < CONNECTIONS; i++) {
            channels.add(NettyChannelBuilder.forAddress(server)
                    .usePlaintext()
                    .eventLoopGroup(group)
                    .channelType(NioSocketChannel.class)
                    .directExecutor()
                    .build());
        }
        thread = onThread(() -> Thread.currentThread().threadId());
    }

    /** Its length is known, so one buffer of that length is made of it. */
    private static final class Known extends ByteArrayInputStream implements KnownLength {
        Known(byte[] bytes) {
            super(bytes);
        }
    }

    /** @param name service and method */
    static MethodDescriptor<byte[], byte[]> method(String name) {
        return MethodDescriptor.newBuilder(BYTES, BYTES)
                .setType(MethodDescriptor.MethodType.UNARY)
                .setFullMethodName(name)
                .build();
    }

    ClientCall<byte[], byte[]> call(MethodDescriptor<byte[], byte[]> method, long number) {
        return channels.get((int) (number % CONNECTIONS)).newCall(method, CallOptions.DEFAULT);
    }

    /** What the thread of all callbacks has taken of a processor. */
    long cpuNs() {
        return ManagementFactory.getThreadMXBean().getThreadCpuTime(thread);
    }

    /** After all callbacks that have come until now. */
    <T> T onThread(java.util.concurrent.Callable<T> work) {
        try {
            return group.next().submit(work).get();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        channels.forEach(ManagedChannel::shutdownNow);
        var unused = group.shutdownGracefully();
    }
}
