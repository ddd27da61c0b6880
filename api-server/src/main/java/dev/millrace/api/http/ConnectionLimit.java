package dev.millrace.api.http;

import dev.millrace.api.problem.ErrorClass;
import dev.millrace.api.problem.ErrorCounts;
import io.micronaut.context.event.BeanCreatedEvent;
import io.micronaut.context.event.BeanCreatedEventListener;
import io.micronaut.http.server.netty.NettyServerCustomizer;
import io.micronaut.http.server.netty.NettyServerCustomizer.ChannelRole;
import io.netty.channel.Channel;
import jakarta.inject.Singleton;
import java.util.concurrent.Semaphore;

/** Closes a new connection at once when so many are open that no more may be; counts as an overload. */
@Singleton
public final class ConnectionLimit implements BeanCreatedEventListener<NettyServerCustomizer.Registry> {
    private final Semaphore places;
    private final ErrorCounts errors;

    /** How many connections may be open at a time. */
    public record Config(int connections) {}

    public ConnectionLimit(Config config, ErrorCounts errors) {
        this.errors = errors;
        places = new Semaphore(config.connections());
    }

    @Override
    public NettyServerCustomizer.Registry onCreated(BeanCreatedEvent<NettyServerCustomizer.Registry> event) {
        event.getBean().register(new Customizer(places, errors));
        return event.getBean();
    }

    private record Customizer(Semaphore places, ErrorCounts errors) implements NettyServerCustomizer {
        @Override
        public NettyServerCustomizer specializeForChannel(Channel channel, ChannelRole role) {
            if (role == ChannelRole.CONNECTION) {
                admit(channel);
            }
            return this;
        }

        private void admit(Channel channel) {
            if (places.tryAcquire()) {
                var unused = channel.closeFuture().addListener(closed -> places.release());
            } else {
                errors.count(ErrorClass.OVERLOAD);
                var unused = channel.close();
            }
        }
    }
}
