package dev.millrace.ingest.profile;

import com.google.protobuf.ByteString;
import dev.millrace.ingest.feature.FeatureValue;
import dev.millrace.ingest.proto.LastItem;
import dev.millrace.ingest.proto.LivePart;
import dev.millrace.ingest.proto.LiveRow;
import dev.millrace.ingest.spec.Decayed;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.Realtime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A spec's real-time features by the row that holds them: which rows there are of a person and of an item, and the
 * attributes that they make at a time. Immutable; share it.
 */
public final class LiveFeatures {
    public static final String USER = "user";
    public static final String ITEM = "item";

    private final String model;
    private final List<LiveFeature<?>> ofUser = new ArrayList<>();
    private final List<LiveFeature<Decayed>> ofItem = new ArrayList<>();
    private final Map<String, List<LiveFeature<Decayed>>> bySegment = new LinkedHashMap<>();
    private final boolean countsShown;

    public LiveFeatures(ModelSpec spec) {
        model = spec.model();
        for (Realtime feature : spec.realtime()) {
            if (!(feature instanceof Decayed decayed) || decayed.of() == Decayed.Of.USER) {
                ofUser.add(LiveFeature.of(feature));
            } else if (decayed.by() == null) {
                ofItem.add(LiveFeature.of(decayed));
            } else {
                bySegment.computeIfAbsent(decayed.by(), by -> new ArrayList<>()).add(LiveFeature.of(decayed));
            }
        }
        countsShown = spec.realtime().stream().anyMatch(Realtime::countsShown);
    }

    public boolean isEmpty() {
        return ofUser.isEmpty() && ofItem.isEmpty() && bySegment.isEmpty();
    }

    /** Whether items have any. */
    public boolean hasItems() {
        return !ofItem.isEmpty() || !bySegment.isEmpty();
    }

    /** Whether items are counted by an attribute of the request, so that it must be known before their rows are. */
    public boolean hasSegments() {
        return !bySegment.isEmpty();
    }

    /** Whether any feature counts what is shown. */
    public boolean countsShown() {
        return countsShown;
    }

    /** Features of the rows of a group: {@link #USER}, {@link #ITEM}, or an attribute that items are counted by. */
    public List<? extends LiveFeature<?>> group(String name) {
        return switch (name) {
            case USER -> ofUser;
            case ITEM -> ofItem;
            default -> bySegment.getOrDefault(name, List.of());
        };
    }

    public ByteString userKey(String user) {
        return LiveKeys.of(model, ProfileStore.Kind.USER, user);
    }

    public ByteString itemKey(String item) {
        return LiveKeys.of(model, ProfileStore.Kind.ITEM, item);
    }

    public ByteString segmentKey(String item, String by, String segment) {
        return LiveKeys.of(model, item, by, segment);
    }

    /** The segments of a request, each attribute's first {@link Decayed#MAX_SEGMENTS}: its rows are looked up by them. */
    public Map<String, List<String>> segments(Map<String, FeatureValue> request) {
        Map<String, List<String>> segments = new LinkedHashMap<>();
        for (String by : bySegment.keySet()) {
            List<String> values = texts(request.get(by));
            segments.put(by, values.subList(0, Math.min(values.size(), Decayed.MAX_SEGMENTS)));
        }
        return segments;
    }

    private static List<String> texts(@Nullable FeatureValue value) {
        if (value instanceof FeatureValue.Text text) {
            return List.of(text.value());
        }
        if (value instanceof FeatureValue.Texts texts) {
            return texts.values().stream().distinct().toList();
        }
        return value instanceof FeatureValue.Numeric number ? List.of(Double.toString(number.value())) : List.of();
    }

    /** The keys of a person's rows, none or one. */
    public List<ByteString> userKeys(String user) {
        return ofUser.isEmpty() ? List.of() : List.of(userKey(user));
    }

    /** The keys of an item's rows, in the order that {@link #item} takes the rows. */
    public List<ByteString> itemKeys(String item, Map<String, List<String>> segments) {
        List<ByteString> keys = new ArrayList<>();
        if (!ofItem.isEmpty()) {
            keys.add(itemKey(item));
        }
        segments.forEach((by, values) -> values.forEach(value -> keys.add(segmentKey(item, by, value))));
        return keys;
    }

    /** Puts a person's attributes as of a time. */
    public void user(List<@Nullable LiveRow> rows, long nowMs, Map<String, FeatureValue> out) {
        if (ofUser.isEmpty()) {
            return;
        }
        LiveRow row = Objects.requireNonNullElse(rows.get(0), LiveRow.getDefaultInstance());
        for (LiveFeature<?> kept : ofUser) {
            LivePart part = LiveRows.part(row, kept);
            if (kept.feature() instanceof Decayed decayed) {
                for (int w = 0; w < decayed.windows().size(); w++) {
                    double value = LiveRows.value(part, decayed, w, nowMs);
                    out.put(kept.attributes().get(w), new FeatureValue.Numeric(value));
                }
            } else {
                List<String> items =
                        part.getLastList().stream().map(LastItem::getItem).toList();
                // Over what was stored under that name: an empty list too.
                out.put(kept.attributes().get(0), new FeatureValue.Texts(items));
            }
        }
    }

    /** Puts an item's attributes as of a time. */
    public void item(
            List<@Nullable LiveRow> rows,
            Map<String, List<String>> segments,
            long nowMs,
            Map<String, FeatureValue> out) {
        int next = 0;
        if (!ofItem.isEmpty()) {
            mean(ofItem, rows.subList(0, 1), nowMs, out);
            next = 1;
        }
        for (Map.Entry<String, List<LiveFeature<Decayed>>> by : bySegment.entrySet()) {
            int count = segments.getOrDefault(by.getKey(), List.of()).size();
            mean(by.getValue(), rows.subList(next, next + count), nowMs, out);
            next += count;
        }
    }

    private static void mean(
            List<LiveFeature<Decayed>> features,
            List<@Nullable LiveRow> rows,
            long nowMs,
            Map<String, FeatureValue> out) {
        if (rows.isEmpty()) {
            return;
        }
        for (LiveFeature<Decayed> kept : features) {
            for (int w = 0; w < kept.feature().windows().size(); w++) {
                double sum = 0;
                for (LiveRow row : rows) {
                    LiveRow known = Objects.requireNonNullElse(row, LiveRow.getDefaultInstance());
                    sum += LiveRows.value(LiveRows.part(known, kept), kept.feature(), w, nowMs);
                }
                out.put(kept.attributes().get(w), new FeatureValue.Numeric(sum / rows.size()));
            }
        }
    }
}
