package dev.millrace.ingest.profile;

import dev.millrace.ingest.proto.LastItem;
import dev.millrace.ingest.proto.LiveEntity;
import dev.millrace.ingest.proto.LiveEvent;
import dev.millrace.ingest.proto.LivePart;
import dev.millrace.ingest.proto.LivePosition;
import dev.millrace.ingest.proto.LiveRow;
import dev.millrace.ingest.spec.Decayed;
import dev.millrace.ingest.spec.LastItems;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Arithmetic of real-time rows: events into a row, each source's once and in any order of times, and values out of it. A
 * row's state is a function of the set of its events, not of when or in what order they were read.
 */
public final class LiveRows {
    private LiveRows() {}

    /**
     * The row with the events in it.
     *
     * @param features those that the row holds
     * @return null when the row has had what stands at this position: it came again after a fault
     */
    public static @Nullable LiveRow apply(
            LiveRow row, List<? extends LiveFeature<?>> features, LivePosition position, LiveEntity entity) {
        LiveRow.Builder out = LiveRow.newBuilder();
        for (LivePosition known : row.getPositionsList()) {
            if (known.getSource() != position.getSource()) {
                out.addPositions(known);
            } else if (known.getOffset() >= position.getOffset()) {
                return null;
            }
        }
        out.addPositions(position);
        for (LiveFeature<?> kept : features) {
            LivePart part = part(row, kept);
            for (LiveEvent event : entity.getEventsList()) {
                part = kept.feature() instanceof LastItems last
                        ? last(part, last, event)
                        : counted(part, (Decayed) kept.feature(), event);
            }
            if (part.getLastCount() > 0 || part.getCountsCount() > 0) {
                out.addParts(part.toBuilder().setDefinition(kept.id()));
            }
        }
        return out.build();
    }

    /** State of one feature; the default instance where there is none. */
    public static LivePart part(LiveRow row, LiveFeature<?> feature) {
        for (LivePart part : row.getPartsList()) {
            if (part.getDefinition() == feature.id()) {
                return part;
            }
        }
        return LivePart.getDefaultInstance();
    }

    /** Event time of the latest event in it, milliseconds since the epoch; 0 for an empty one. */
    public static long latestMs(LiveRow row) {
        long latest = 0;
        for (LivePart part : row.getPartsList()) {
            latest = Math.max(latest, part.getTimeMs());
            if (part.getLastCount() > 0) {
                latest = Math.max(latest, part.getLast(0).getTimeMs());
            }
        }
        return latest;
    }

    private static LivePart last(LivePart part, LastItems feature, LiveEvent event) {
        if (!feature.actions().contains(event.getType())) {
            return part;
        }
        List<LastItem> items = new ArrayList<>(part.getLastList());
        LastItem added = LastItem.newBuilder()
                .setItem(event.getItem())
                .setTimeMs(event.getTimeMs())
                .build();
        for (LastItem known : part.getLastList()) {
            if (known.getItem().equals(added.getItem())) {
                if (known.getTimeMs() >= added.getTimeMs()) {
                    return part;
                }
                items.remove(known);
            }
        }
        int at = 0;
        while (at < items.size() && newer(items.get(at), added)) {
            at++;
        }
        items.add(at, added);
        return LivePart.newBuilder()
                .addAllLast(items.subList(0, Math.min(items.size(), feature.length())))
                .build();
    }

    /** By time, then by name: two of one millisecond stand alike whichever came first. */
    private static boolean newer(LastItem a, LastItem b) {
        return a.getTimeMs() != b.getTimeMs()
                ? a.getTimeMs() > b.getTimeMs()
                : a.getItem().compareTo(b.getItem()) > 0;
    }

    private static LivePart counted(LivePart part, Decayed feature, LiveEvent event) {
        boolean action = feature.actions().contains(event.getType());
        boolean trial = feature.per().contains(event.getType());
        if (!action && !trial) {
            return part;
        }
        int width = feature.isRate() ? 2 : 1;
        boolean fresh = part.getCountsCount() == 0;
        long timeMs = fresh ? event.getTimeMs() : Math.max(part.getTimeMs(), event.getTimeMs());
        int count = Math.max(1, event.getCount());
        LivePart.Builder out = LivePart.newBuilder().setTimeMs(timeMs);
        for (int w = 0; w < feature.windows().size(); w++) {
            Duration window = feature.windows().get(w);
            double kept = fresh ? 0 : decay(timeMs - part.getTimeMs(), window);
            double added = count * decay(timeMs - event.getTimeMs(), window);
            for (int i = 0; i < width; i++) {
                double before = fresh ? 0 : part.getCounts(w * width + i);
                out.addCounts(before * kept + ((i == 0 ? action : trial) ? added : 0));
            }
        }
        return out.build();
    }

    /** exp(−age/W). */
    static double decay(long ageMs, Duration window) {
        return Math.exp(-(double) ageMs / window.toMillis());
    }

    /** A count, or a rate, at a time; a time before the row's last event reads as that event's. */
    static double value(LivePart part, Decayed feature, int window, long nowMs) {
        double kept =
                decay(Math.max(0, nowMs - part.getTimeMs()), feature.windows().get(window));
        boolean none = part.getCountsCount() == 0;
        if (!feature.isRate()) {
            return none ? 0 : part.getCounts(window) * kept;
        }
        double actions = none ? 0 : part.getCounts(2 * window) * kept;
        double trials = none ? 0 : part.getCounts(2 * window + 1) * kept;
        return (actions + feature.strength() * feature.prior()) / (trials + feature.strength());
    }
}
