package dev.millrace.api.http;

import dev.millrace.api.desk.AdaptiveLimit;
import dev.millrace.api.problem.ErrorCounts;
import dev.millrace.api.problem.Problem;
import io.micronaut.context.event.BeanCreatedEvent;
import io.micronaut.context.event.BeanCreatedEventListener;
import io.micronaut.http.netty.channel.ChannelPipelineCustomizer;
import io.micronaut.http.server.netty.NettyServerCustomizer;
import io.micronaut.http.server.netty.NettyServerCustomizer.ChannelRole;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import jakarta.inject.Singleton;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What every request passes before anything is made of it: bodies of all connections share a bounded memory, and a request
 * to rank that finds the desk full is told so here, for next to nothing. Each connection's handler belongs to its event
 * loop; the budget is shared.
 */
@Singleton
public final class FrontDoor implements BeanCreatedEventListener<NettyServerCustomizer.Registry> {
    private static final String NAME = "millrace-front-door";
    private static final String RANK = "/rank";

    private final Budget budget;

    /**
     * @param bodyBytes that all bodies on their way may take together
     * @param largest body that is read, in bytes: what a compressed one may become at most
     */
    public record Config(long bodyBytes, int largest, AdaptiveLimit ranks) {}

    private record Budget(Config config, AtomicLong taken, ErrorCounts errors) {
        boolean take(long bytes) {
            if (taken.addAndGet(bytes) <= config.bodyBytes()) {
                return true;
            }
            taken.addAndGet(-bytes);
            return false;
        }

        void giveBack(long bytes) {
            taken.addAndGet(-bytes);
        }
    }

    public FrontDoor(Config config, ErrorCounts errors) {
        budget = new Budget(config, new AtomicLong(), errors);
    }

    /** Bytes of bodies that are on their way now. */
    public long bodyBytes() {
        return budget.taken().get();
    }

    @Override
    public NettyServerCustomizer.Registry onCreated(BeanCreatedEvent<NettyServerCustomizer.Registry> event) {
        event.getBean().register(new Opening(budget, null));
        return event.getBean();
    }

    private record Opening(
            Budget budget,
            @org.jspecify.annotations.Nullable Channel channel) implements NettyServerCustomizer {
        @Override
        public NettyServerCustomizer specializeForChannel(Channel opened, ChannelRole role) {
            return role == ChannelRole.CONNECTION ? new Opening(budget, opened) : this;
        }

        @Override
        public void onStreamPipelineBuilt() {
            if (channel != null
                    && channel.pipeline().get(ChannelPipelineCustomizer.HANDLER_HTTP_SERVER_CODEC) != null) {
                channel.pipeline()
                        .addAfter(ChannelPipelineCustomizer.HANDLER_HTTP_SERVER_CODEC, NAME, new Handler(budget));
            }
        }
    }

    /** A request's body on its way. */
    private static final class Body {
        private final int times;
        private long held;

        Body(int times) {
            this.times = times;
        }
    }

    private static final class Handler extends ChannelDuplexHandler {
        private static final Set<String> DEFLATE = Set.of("gzip", "x-gzip", "deflate");
        /** The most that deflate makes of a byte, by zlib's own account. */
        private static final int DEFLATE_TIMES = 1032;
        /** A block of 128 KiB of four bytes, RFC 8878: the most of zstd. */
        private static final int OTHERS_TIMES = 1 << 15;

        private final Budget budget;
        /** Bodies of requests that are not answered yet, oldest first. */
        private final Deque<Body> open = new ArrayDeque<>();
        /** The rest of a refused request is on its way, to nobody. */
        private boolean refusing;
        /** Nothing more is read from this connection. */
        private boolean closing;

        Handler(Budget budget) {
            this.budget = budget;
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            if (closing) {
                ReferenceCountUtil.release(message);
                return;
            }
            if (message instanceof HttpRequest request) {
                refusing = open.isEmpty()
                        && isRank(request)
                        && budget.config().ranks().isFull();
                if (!refusing) {
                    open.add(new Body(mostTimes(request)));
                }
            }
            if (refusing) {
                refuse(context, message);
                return;
            }
            if (message instanceof HttpContent content
                    && !hold(content.content().readableBytes())) {
                ReferenceCountUtil.release(message);
                close(context, Problem.overload("the bodies on their way take all memory that they may"));
                return;
            }
            context.fireChannelRead(message);
        }

        private static boolean isRank(HttpRequest request) {
            return request.method().equals(HttpMethod.POST) && request.uri().endsWith(RANK);
        }

        /** How many bytes one of the body's may become. */
        private static int mostTimes(HttpRequest request) {
            String encoding = request.headers().get(HttpHeaderNames.CONTENT_ENCODING);
            if (encoding == null) {
                return 1;
            }
            return DEFLATE.contains(encoding.toLowerCase(Locale.ROOT)) ? DEFLATE_TIMES : OTHERS_TIMES;
        }

        /** A compressed body counts as what may become of it, at most the largest that is read. */
        private boolean hold(int bytes) {
            Body last = open.peekLast();
            if (bytes == 0 || last == null) {
                return true;
            }
            long more = last.times == 1
                    ? bytes
                    : Math.min(Math.max(0, budget.config().largest() - last.held), (long) bytes * last.times);
            if (!budget.take(more)) {
                return false;
            }
            last.held += more;
            return true;
        }

        /** Its body is passed over, so that the connection can go on. */
        private void refuse(ChannelHandlerContext context, Object message) {
            boolean continues = message instanceof HttpRequest request && HttpUtil.is100ContinueExpected(request);
            boolean whole = message instanceof LastHttpContent;
            ReferenceCountUtil.release(message);
            if (continues) {
                // The client waits with its body, which nobody wants.
                close(context, budget.config().ranks().refusal().problem());
            } else if (whole) {
                refusing = false;
                var unused = context.writeAndFlush(
                        response(budget.config().ranks().refusal().problem()));
            }
        }

        private void close(ChannelHandlerContext context, Problem problem) {
            closing = true;
            FullHttpResponse response = response(problem);
            HttpUtil.setKeepAlive(response, false);
            var unused = context.writeAndFlush(response).addListener(ChannelFutureListener.CLOSE);
        }

        private FullHttpResponse response(Problem problem) {
            budget.errors().count(problem.errorClass());
            FullHttpResponse response = new DefaultFullHttpResponse(
                    HttpVersion.HTTP_1_1,
                    HttpResponseStatus.valueOf(problem.status()),
                    Unpooled.wrappedBuffer(problem.toJson()));
            response.headers()
                    .set(HttpHeaderNames.CONTENT_TYPE, Problem.MEDIA_TYPE)
                    .set(HttpHeaderNames.RETRY_AFTER, problem.retryAfterSeconds())
                    .set(HttpHeaderNames.CONTENT_LENGTH, response.content().readableBytes());
            return response;
        }

        @Override
        public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
            boolean interim = message instanceof HttpResponse response
                    && response.status().code() < HttpResponseStatus.OK.code();
            if (message instanceof LastHttpContent && !interim) {
                Body answered = open.poll();
                if (answered != null && answered.held > 0) {
                    budget.giveBack(answered.held);
                }
            }
            var unused = context.write(message, promise);
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            open.forEach(body -> budget.giveBack(body.held));
            open.clear();
            context.fireChannelInactive();
        }
    }
}
