package dev.millrace.api.monitor.window;

import dev.millrace.ps.serve.WeightServer;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * What windows are made of.
 *
 * @param partitions whose sums make the whole; 0: none are kept here
 * @param segments values that have windows of their own, by attribute
 * @param start starts feeding them
 */
public record WindowParts(int partitions, Map<String, List<String>> segments, Function<Windows, WindowFeed> start) {
    /** None are kept here: the last minute's quality is this process's alone. */
    public static final WindowParts NONE = new WindowParts(0, Map.of(), windows -> WindowFeed.NONE);

    /** Kept by Kafka Streams. @throws IllegalArgumentException when no model tells one of the segments */
    public static WindowParts streams(
            WindowStreams.Config streams, WindowConfig config, Collection<? extends WeightServer> models) {
        WindowModels of = new WindowModels(models, config);
        return new WindowParts(
                streams.partitions(), config.segments(), windows -> WindowStreams.start(streams, of, config, windows));
    }

    public boolean kept() {
        return partitions > 0;
    }
}
