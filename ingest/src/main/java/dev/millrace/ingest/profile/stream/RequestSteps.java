package dev.millrace.ingest.profile.stream;

import com.google.protobuf.ByteString;
import dev.millrace.ingest.feature.FeatureCodec;
import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.profile.LiveFeatures;
import dev.millrace.ingest.profile.LiveStats;
import dev.millrace.ingest.proto.Action;
import dev.millrace.ingest.proto.Impression;
import dev.millrace.ingest.proto.LiveAction;
import dev.millrace.ingest.proto.LiveEntity;
import dev.millrace.ingest.proto.LiveEvent;
import dev.millrace.ingest.proto.LiveRequest;
import dev.millrace.ingest.proto.LiveSegment;
import dev.millrace.ingest.proto.ShownItem;
import dev.millrace.ingest.spec.Decayed;
import dev.millrace.ingest.spec.Realtime;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Finds whose an action is: what one request's impression and actions, in any order, do to people and items. Pure.
 *
 * <p>After a fault records come again while the state may already know them. Told apart by their offsets: the record of an
 * offset that is known is worked on again, with the same outcome, which the next step knows by its position; the same
 * request or action at another offset is a repetition and does nothing.
 */
final class RequestSteps {
    private static final long ID_SEED = 3;

    private final LiveFeatures features;
    private final Set<String> types = new HashSet<>();
    private final int maxActions;
    private final LiveStats stats;

    /** @param maxActions remembered of one request, before its impression and after it, each */
    RequestSteps(LiveFeatures features, List<Realtime> realtime, int maxActions, LiveStats stats) {
        this.features = features;
        this.maxActions = maxActions;
        this.stats = stats;
        for (Realtime feature : realtime) {
            types.addAll(feature.actions());
            if (feature instanceof Decayed decayed) {
                types.addAll(decayed.per());
            }
        }
        types.remove(Decayed.SHOWN);
    }

    /**
     * @param state of the request, null when it stays as it was
     * @param entities what happens to whom
     */
    record Step(@Nullable LiveRequest state, Map<ByteString, LiveEntity.Builder> entities) {
        static final Step NOTHING = new Step(null, Map.of());
    }

    Step impression(LiveRequest known, Impression impression, long offset, long timeMs) {
        if (known.getShown() && known.getImpressionOffset() != offset) {
            stats.repeat();
            return Step.NOTHING;
        }
        LiveRequest.Builder state = known.toBuilder()
                .setShown(true)
                .setImpressionOffset(offset)
                .setUser(impression.getUser())
                .clearSegments()
                .clearItems();
        var request = FeatureCodec.decode(impression.getFeatures(), impression.getNamesList())
                .asMap();
        features.segments(request)
                .forEach((by, values) ->
                        state.addSegments(LiveSegment.newBuilder().setBy(by).addAllValues(values)));
        for (ShownItem item : impression.getItemsList()) {
            state.addItems(hash(item.getItem()));
        }
        LiveRequest made = state.build();
        Map<ByteString, LiveEntity.Builder> entities = new LinkedHashMap<>();
        if (features.countsShown()) {
            shown(made, impression, timeMs, entities);
        }
        for (LiveAction waited : made.getWaitingList()) {
            happened(made, waited.getEvent(), entities);
        }
        return new Step(made, entities);
    }

    Step action(LiveRequest known, Action action, long offset, long timeMs) {
        if (!types.contains(action.getType())) {
            return Step.NOTHING;
        }
        long id = FeatureIds.hash(action.getId(), ID_SEED);
        for (LiveAction waiting : known.getWaitingList()) {
            if (waiting.getId() == id) {
                // Its events came, or will come, with the impression.
                if (waiting.getOffset() != offset) {
                    stats.repeat();
                }
                return Step.NOTHING;
            }
        }
        boolean again = false;
        for (LiveAction seen : known.getSeenList()) {
            if (seen.getId() == id && seen.getOffset() != offset) {
                stats.repeat();
                return Step.NOTHING;
            }
            again |= seen.getId() == id;
        }
        LiveEvent event = LiveEvent.newBuilder()
                .setType(action.getType())
                .setItem(action.getItem())
                .setTimeMs(timeMs)
                .build();
        LiveAction one = LiveAction.newBuilder().setId(id).setOffset(offset).build();
        if (!known.getShown()) {
            if (known.getWaitingCount() >= maxActions) {
                stats.noMatch();
                return Step.NOTHING;
            }
            LiveAction waiting = one.toBuilder().setEvent(event).build();
            return new Step(known.toBuilder().addWaiting(waiting).build(), Map.of());
        }
        if (!known.getItemsList().contains(hash(action.getItem())) || (known.getSeenCount() >= maxActions && !again)) {
            stats.noMatch();
            return Step.NOTHING;
        }
        Map<ByteString, LiveEntity.Builder> entities = new LinkedHashMap<>();
        happened(known, event, entities);
        return new Step(again ? null : known.toBuilder().addSeen(one).build(), entities);
    }

    private void shown(
            LiveRequest request, Impression impression, long timeMs, Map<ByteString, LiveEntity.Builder> out) {
        LiveEvent one =
                LiveEvent.newBuilder().setType(Decayed.SHOWN).setTimeMs(timeMs).build();
        for (ShownItem item : impression.getItemsList()) {
            ofItem(request, item.getItem(), one, out);
        }
        if (!request.getUser().isEmpty() && impression.getItemsCount() > 0) {
            LiveEvent all = one.toBuilder().setCount(impression.getItemsCount()).build();
            ofUser(request, all, out);
        }
    }

    private void happened(LiveRequest request, LiveEvent event, Map<ByteString, LiveEntity.Builder> out) {
        if (!request.getItemsList().contains(hash(event.getItem()))) {
            stats.noMatch();
            return;
        }
        if (!request.getUser().isEmpty()) {
            ofUser(request, event, out);
        }
        ofItem(request, event.getItem(), event.toBuilder().clearItem().build(), out);
    }

    private void ofUser(LiveRequest request, LiveEvent event, Map<ByteString, LiveEntity.Builder> out) {
        if (changes(LiveFeatures.USER, event)) {
            add(features.userKey(request.getUser()), LiveFeatures.USER, event, out);
        }
    }

    private void ofItem(LiveRequest request, String item, LiveEvent event, Map<ByteString, LiveEntity.Builder> out) {
        if (changes(LiveFeatures.ITEM, event)) {
            add(features.itemKey(item), LiveFeatures.ITEM, event, out);
        }
        for (LiveSegment segment : request.getSegmentsList()) {
            if (changes(segment.getBy(), event)) {
                for (String value : segment.getValuesList()) {
                    add(features.segmentKey(item, segment.getBy(), value), segment.getBy(), event, out);
                }
            }
        }
    }

    private boolean changes(String group, LiveEvent event) {
        return features.group(group).stream().anyMatch(feature -> feature.changedBy(event.getType()));
    }

    private static void add(ByteString key, String group, LiveEvent event, Map<ByteString, LiveEntity.Builder> out) {
        out.computeIfAbsent(key, k -> LiveEntity.newBuilder().setKey(k).setGroup(group))
                .addEvents(event);
    }

    private static int hash(String item) {
        return (int) FeatureIds.hash(item, ID_SEED);
    }
}
