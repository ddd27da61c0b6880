package dev.millrace.ps.serve;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Who hears of each applied version. What one throws is logged: neither the others nor the weights wait for it. */
public final class AppliedListeners implements Consumer<ServedVersion> {
    private static final Logger LOG = LoggerFactory.getLogger(AppliedListeners.class);

    private final List<Consumer<ServedVersion>> listeners = new CopyOnWriteArrayList<>();

    public void add(Consumer<ServedVersion> listener) {
        listeners.add(listener);
    }

    @Override
    public void accept(ServedVersion version) {
        for (Consumer<ServedVersion> listener : listeners) {
            try {
                listener.accept(version);
            } catch (RuntimeException | Error e) {
                LOG.error("a listener failed on version {}", version.sequence(), e);
            }
        }
    }
}
