package dev.millrace.ps.wire.grpc;

import dev.millrace.ps.wire.BodyWriter;
import dev.millrace.ps.wire.Endpoint;
import dev.millrace.ps.wire.FlatClient;
import dev.millrace.ps.wire.FlatReply;
import dev.millrace.ps.wire.PendingCalls;
import dev.millrace.ps.wire.WireCode;
import dev.millrace.ps.wire.WireException;
import dev.millrace.ps.wire.WireOptions;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** One channel with one connection, which is given up when it breaks, not made anew behind the caller's back. */
public final class GrpcClient implements FlatClient {
    private final Endpoint endpoint;
    private final WireOptions options;
    private final EventLoopGroup loop;
    private final ManagedChannel channel;
    private final PendingCalls pending;
    private final CountDownLatch connected = new CountDownLatch(1);
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private final AtomicBoolean ending = new AtomicBoolean();
    private volatile @Nullable Thread loopThread;

    private GrpcClient(Endpoint endpoint, WireOptions options) {
        this.endpoint = endpoint;
        this.options = options;
        this.pending = new PendingCalls(options);
        this.loop = new MultiThreadIoEventLoopGroup(1, this::loopThread, NioIoHandler.newFactory());
        this.channel = NettyChannelBuilder.forAddress(endpoint.address())
                .eventLoopGroup(loop)
                .channelType(NioSocketChannel.class)
                .directExecutor()
                .usePlaintext()
                .disableRetry()
                .flowControlWindow(ShardMethod.FLOW_WINDOW)
                .maxInboundMessageSize(options.maxFrameBytes())
                .build();
    }

    private Thread loopThread(Runnable work) {
        Thread thread = Thread.ofPlatform().daemon().name("call " + endpoint).unstarted(work);
        loopThread = thread;
        return thread;
    }

    /** @throws WireException {@link WireCode#UNAVAILABLE} with what went wrong */
    public static GrpcClient connect(Endpoint endpoint, WireOptions options) {
        GrpcClient client = new GrpcClient(endpoint, options);
        client.follow(client.channel.getState(true));
        try {
            boolean inTime = client.connected.await(options.connectTimeout().toMillis(), TimeUnit.MILLISECONDS);
            if (inTime && client.isOpen()) {
                return client;
            }
            client.end(client.gone(inTime ? "no connection" : "no connection in " + options.connectTimeout()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            client.end(client.gone("interrupted"));
        }
        throw client.gone("no connection");
    }

    private void follow(ConnectivityState state) {
        boolean wasReady = connected.getCount() == 0;
        if (state == ConnectivityState.READY) {
            connected.countDown();
        } else if (wasReady || state == ConnectivityState.TRANSIENT_FAILURE || state == ConnectivityState.SHUTDOWN) {
            end(gone(wasReady ? "the connection ended" : "no connection"));
            connected.countDown();
            return;
        }
        channel.notifyWhenStateChanged(state, () -> follow(channel.getState(false)));
    }

    @Override
    public Endpoint endpoint() {
        return endpoint;
    }

    @Override
    public CompletableFuture<FlatReply> call(int op, int maxBytes, BodyWriter writer) {
        return call(op, maxBytes, writer, options.deadline());
    }

    @Override
    public CompletableFuture<FlatReply> call(int op, int maxBytes, BodyWriter writer, Duration deadline) {
        if (maxBytes > options.maxFrameBytes()) {
            return CompletableFuture.failedFuture(new WireException(
                    WireCode.BAD_REQUEST, options.maxFrameBytes(), maxBytes + " bytes are beyond the frame's bound"));
        }
        FlatMessage message = FlatMessage.written(op, maxBytes, writer);
        PendingCalls.Call call;
        try {
            call = pending.take(
                    System.nanoTime() + deadline.toNanos(),
                    !Thread.currentThread().equals(loopThread));
        } catch (WireException e) {
            return CompletableFuture.failedFuture(e);
        }
        send(call, message);
        return call;
    }

    private void send(PendingCalls.Call call, FlatMessage message) {
        long leftNs = Math.max(1, call.deadlineNs() - System.nanoTime());
        ClientCall<FlatMessage, FlatMessage> rpc =
                channel.newCall(ShardMethod.CALL, CallOptions.DEFAULT.withDeadlineAfter(leftNs, TimeUnit.NANOSECONDS));
        rpc.start(new Answer(call.id()), new Metadata());
        rpc.request(2);
        rpc.sendMessage(message);
        rpc.halfClose();
    }

    /** Answers when the message is there, not when the stream's end is. */
    private final class Answer extends ClientCall.Listener<FlatMessage> {
        private final long id;

        Answer(long id) {
            this.id = id;
        }

        @Override
        public void onMessage(FlatMessage reply) {
            PendingCalls.Call call = pending.remove(id);
            if (call == null) {
                reply.close();
            } else {
                call.answer(reply);
            }
        }

        @Override
        public void onClose(Status status, Metadata trailers) {
            PendingCalls.Call call = pending.remove(id);
            if (call != null) {
                call.completeExceptionally(
                        status.isOk()
                                ? new WireException(WireCode.INTERNAL, "an answer without a message")
                                : ShardMethod.failure(status, trailers));
            }
        }
    }

    private WireException gone(String why) {
        return new WireException(WireCode.UNAVAILABLE, endpoint + ": " + why);
    }

    private void end(WireException why) {
        if (ending.compareAndSet(false, true)) {
            pending.end(why);
            channel.shutdownNow();
            var unused = loop.shutdownGracefully(0, options.connectTimeout().toMillis(), TimeUnit.MILLISECONDS);
            ended.complete(null);
        }
    }

    @Override
    public CompletableFuture<Void> ended() {
        return ended;
    }

    @Override
    public void close() {
        end(gone("closed"));
    }
}
