package dev.millrace.ingest.feature;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.id.SampleIds;
import dev.millrace.ingest.proto.Exposure;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A view of an {@code Impression}'s bytes in protobuf's wire format: the ids, times and places of its parts, nothing
 * copied, no object a feature. Immutable; the bytes must not change.
 *
 * <p>Only what protobuf-java writes is viewed; the same message in another form (a singular field twice, indexes not
 * packed) must be written anew first.
 */
public final class EncodedImpression {
    private static final int REQUEST_ID = WireCursor.tag(1, WireCursor.LENGTH);
    private static final int MODEL = WireCursor.tag(2, WireCursor.LENGTH);
    private static final int USER = WireCursor.tag(3, WireCursor.LENGTH);
    private static final int SESSION = WireCursor.tag(4, WireCursor.LENGTH);
    private static final int TIME_MS = WireCursor.tag(5, WireCursor.VARINT);
    private static final int MODEL_VERSION = WireCursor.tag(7, WireCursor.VARINT);
    private static final int NAMES = WireCursor.tag(8, WireCursor.LENGTH);
    private static final int FEATURES = WireCursor.tag(9, WireCursor.LENGTH);
    private static final int ITEMS = WireCursor.tag(10, WireCursor.LENGTH);

    private static final int EXPLORATION = WireCursor.tag(11, WireCursor.LENGTH);
    private static final int SCORED_BY = WireCursor.tag(12, WireCursor.LENGTH);
    private static final int OTHERS = WireCursor.tag(13, WireCursor.LENGTH);
    private static final int EXPOSURE = WireCursor.tag(14, WireCursor.LENGTH);
    private static final int BEST_SCORES = WireCursor.tag(3, WireCursor.LENGTH);

    private static final int ITEM = WireCursor.tag(1, WireCursor.LENGTH);
    private static final int SCORE = WireCursor.tag(2, WireCursor.FIXED32);
    private static final int ITEM_FEATURES = WireCursor.tag(4, WireCursor.LENGTH);
    private static final int HEAD_SCORES = WireCursor.tag(6, WireCursor.LENGTH);

    /** Of one item: from and to of its id, of its features, of its heads' scores, the bits of its score. */
    private static final int STRIDE = 7;

    private static final int ITEM_HEADS = 4;
    private static final int ITEM_SCORE = 6;

    private static final int FIRST_ITEMS = 16;

    private final byte[] bytes;
    private final int from;
    private final int to;
    private String requestId = "";
    private String model = "";
    private int userFrom;
    private int userTo;
    private int sessionFrom;
    private int sessionTo;
    private long timeMs;
    private long modelVersion;
    private int names;
    private int namesFrom;
    private int namesTo;
    private int featuresFrom = -1;
    private int featuresTo = -1;
    private int items;
    private int[] parts = new int[STRIDE * FIRST_ITEMS];
    private String scoredBy = "";
    private List<EncodedScores> others = List.of();
    private int exposureFrom = -1;
    private int exposureTo = -1;

    private EncodedImpression(byte[] bytes, int from, int to) {
        this.bytes = bytes;
        this.from = from;
        this.to = to;
    }

    /**
     * Looks at everything, so that nothing that reads it later can fail on it.
     *
     * @return empty when it is damaged, makes no sense (no request id, an item without one, a name that is not in the
     *     dictionary, a value without a kind), or is not in the form that protobuf-java writes
     */
    public static Optional<EncodedImpression> check(byte[] bytes, int from, int to) {
        EncodedImpression impression = new EncodedImpression(bytes, from, to);
        try {
            impression.read(true);
            return impression.isSound() ? Optional.of(impression) : Optional.empty();
        } catch (WireCursor.Malformed e) {
            return Optional.empty();
        }
    }

    /**
     * Of bytes that were checked before.
     *
     * @throws IllegalArgumentException when they are damaged
     */
    public static EncodedImpression trusted(byte[] bytes, int from, int to) {
        EncodedImpression impression = new EncodedImpression(bytes, from, to);
        try {
            impression.read(false);
            return impression;
        } catch (WireCursor.Malformed e) {
            throw new IllegalArgumentException("impression: damaged, " + (to - from) + " bytes", e);
        }
    }

    private void read(boolean check) {
        WireCursor in = new WireCursor(bytes, from, to);
        while (in.hasMore()) {
            int start = in.at;
            int tag = in.tag();
            if (tag == ITEMS) {
                readItem(in, check);
            } else if (tag == NAMES) {
                readName(in, start, check);
            } else if (tag == FEATURES) {
                once(featuresFrom < 0);
                int length = in.length();
                featuresFrom = in.at;
                featuresTo = in.at += length;
            } else {
                readHead(tag, in, check);
            }
        }
    }

    private void readHead(int tag, WireCursor in, boolean check) {
        if (tag == TIME_MS) {
            timeMs = in.varint();
        } else if (tag == MODEL_VERSION) {
            modelVersion = in.varint();
        } else if (tag == REQUEST_ID) {
            requestId = text(in, check);
        } else if (tag == MODEL) {
            model = text(in, check);
        } else if (tag == USER) {
            int length = in.length();
            userFrom = in.at;
            userTo = userFrom + length;
            utf8(in, userFrom, userTo, check);
        } else if (tag == SESSION) {
            int length = in.length();
            sessionFrom = in.at;
            sessionTo = sessionFrom + length;
            utf8(in, sessionFrom, sessionTo, check);
        } else if (tag == EXPLORATION) {
            skipExploration(in);
        } else {
            readArms(tag, in, check);
        }
    }

    private void readArms(int tag, WireCursor in, boolean check) {
        if (tag == SCORED_BY) {
            scoredBy = text(in, check);
        } else if (tag == OTHERS) {
            others = others.isEmpty() ? new ArrayList<>(2) : others;
            others.add(EncodedScores.read(in, check));
        } else if (tag == EXPOSURE) {
            once(exposureFrom < 0);
            int length = in.length();
            exposureFrom = in.at;
            exposureTo = in.at += length;
            if (check) {
                readExposure();
            }
        } else {
            in.skip(tag);
        }
    }

    private Exposure readExposure() {
        try {
            return Exposure.parser().parseFrom(bytes, exposureFrom, exposureTo - exposureFrom);
        } catch (InvalidProtocolBufferException e) {
            throw WireCursor.Malformed.INSTANCE;
        }
    }

    /** Nothing here needs it; whoever does must be able to read it. */
    private static void skipExploration(WireCursor in) {
        int length = in.length();
        int limit = in.end;
        in.end = in.at + length;
        while (in.hasMore()) {
            int tag = in.tag();
            if (tag == BEST_SCORES) {
                // The length moves the cursor first.
                int bytes = floats(in);
                in.at += bytes;
            } else {
                in.skip(tag);
            }
        }
        in.end = limit;
    }

    /** Bytes of packed floats that follow. */
    private static int floats(WireCursor in) {
        int bytes = in.length();
        if (bytes % Float.BYTES != 0) {
            throw WireCursor.Malformed.INSTANCE;
        }
        return bytes;
    }

    private void readName(WireCursor in, int start, boolean check) {
        // The dictionary is recognized by its bytes, so they must stand together.
        once(names == 0 || namesTo == start);
        namesFrom = names == 0 ? start : namesFrom;
        int length = in.length();
        utf8(in, in.at, in.at + length, check);
        namesTo = in.at;
        names++;
    }

    private void readItem(WireCursor in, boolean check) {
        int length = in.length();
        int limit = in.end;
        in.end = in.at + length;
        int part = items++ * STRIDE;
        if (part == parts.length) {
            parts = Arrays.copyOf(parts, 2 * part);
        }
        while (in.hasMore()) {
            int tag = in.tag();
            if (tag == ITEM) {
                int text = in.length();
                parts[part] = in.at;
                parts[part + 1] = in.at + text;
                utf8(in, in.at, in.at + text, check);
            } else if (tag == ITEM_FEATURES) {
                once(parts[part + 2] == 0);
                int features = in.length();
                parts[part + 2] = in.at;
                parts[part + 3] = in.at += features;
            } else if (tag == SCORE) {
                parts[part + ITEM_SCORE] = in.fixed32();
            } else if (tag == HEAD_SCORES) {
                int scores = floats(in);
                parts[part + ITEM_HEADS] = in.at;
                parts[part + ITEM_HEADS + 1] = in.at += scores;
            } else {
                in.skip(tag);
            }
        }
        in.end = limit;
    }

    private static void once(boolean isFirst) {
        if (!isFirst) {
            throw WireCursor.Malformed.INSTANCE;
        }
    }

    private static void utf8(WireCursor in, int from, int to, boolean check) {
        if (check) {
            in.at = from;
            in.utf8(to - from);
        }
        in.at = to;
    }

    private String text(WireCursor in, boolean check) {
        int length = in.length();
        int start = in.at;
        utf8(in, start, start + length, check);
        return new String(bytes, start, length, StandardCharsets.UTF_8);
    }

    private boolean isSound() {
        if (requestId.isEmpty() || !EncodedFeatures.areSound(bytes, featuresFrom, featuresTo, names)) {
            return false;
        }
        for (int item = 0; item < items; item++) {
            int part = item * STRIDE;
            if (parts[part] == parts[part + 1]
                    || !EncodedFeatures.areSound(bytes, parts[part + 2], parts[part + 3], names)) {
                return false;
            }
        }
        return true;
    }

    public String requestId() {
        return requestId;
    }

    public String model() {
        return model;
    }

    /** Empty when nobody is named. */
    public String user() {
        return new String(bytes, userFrom, userTo - userFrom, StandardCharsets.UTF_8);
    }

    /** Empty when none is named. */
    public String session() {
        return new String(bytes, sessionFrom, sessionTo - sessionFrom, StandardCharsets.UTF_8);
    }

    /** When the answer was made, milliseconds since the epoch. */
    public long timeMs() {
        return timeMs;
    }

    public long modelVersion() {
        return modelVersion;
    }

    /** The model whose scores and version the items' are. */
    public String scoredBy() {
        return scoredBy.isEmpty() ? model : scoredBy;
    }

    /** The version that a model scored with, whether it answered or not; 0: it did not score. */
    public long versionOf(String scorer) {
        if (scorer.equals(scoredBy())) {
            return modelVersion;
        }
        EncodedScores scores = others(scorer);
        return scores == null ? 0 : scores.version();
    }

    /** What a model said of an item, whether it answered or not; NaN: nothing. */
    public float scoreOf(String scorer, int item) {
        if (scorer.equals(scoredBy())) {
            return score(item);
        }
        EncodedScores scores = others(scorer);
        return scores == null ? Float.NaN : scores.score(bytes, item);
    }

    private @Nullable EncodedScores others(String scorer) {
        for (EncodedScores each : others) {
            if (each.model().equals(scorer)) {
                return each;
            }
        }
        return null;
    }

    /** Models that scored what was shown, the one that answered first. */
    public List<String> scorers() {
        List<String> scorers = new ArrayList<>();
        scorers.add(scoredBy());
        others.forEach(each -> scorers.add(each.model()));
        return scorers;
    }

    /** Which part of an experiment it was; empty: none. */
    public Optional<Exposure> exposure() {
        return exposureFrom < 0 ? Optional.empty() : Optional.of(readExposure());
    }

    /** How many were shown. */
    public int items() {
        return items;
    }

    public String item(int item) {
        return new String(bytes, itemFrom(item), itemTo(item) - itemFrom(item), StandardCharsets.UTF_8);
    }

    /** {@code FeatureIds.hash(item(i), seed)}. */
    public long itemHash(int item, long seed) {
        return FeatureIds.hash(bytes, itemFrom(item), itemTo(item), seed);
    }

    /** {@code SampleIds.ofItem(item(i))}. */
    public long sampleItemHash(int item) {
        return SampleIds.ofItem(bytes, itemFrom(item), itemTo(item));
    }

    public float score(int item) {
        return Float.intBitsToFloat(parts[item * STRIDE + ITEM_SCORE]);
    }

    /** What was answered of a head; of the first, where the model had no heads, the score; else NaN. */
    public float headScore(int item, int head) {
        int at = parts[item * STRIDE + ITEM_HEADS] + head * Float.BYTES;
        if (at + Float.BYTES <= parts[item * STRIDE + ITEM_HEADS + 1]) {
            return new WireCursor(bytes, at, to).asFloat();
        }
        return head == 0 ? score(item) : Float.NaN;
    }

    /** The message alone, copied. */
    public byte[] toByteArray() {
        return Arrays.copyOfRange(bytes, from, to);
    }

    /** What it is a view of; never to be changed. */
    public byte[] array() {
        return bytes;
    }

    /** Where the message begins in {@link #array}. */
    public int from() {
        return from;
    }

    public int to() {
        return to;
    }

    int itemFrom(int item) {
        return parts[item * STRIDE];
    }

    int itemTo(int item) {
        return parts[item * STRIDE + 1];
    }

    int itemFeaturesFrom(int item) {
        return parts[item * STRIDE + 2];
    }

    int itemFeaturesTo(int item) {
        return parts[item * STRIDE + 3];
    }

    int userFrom() {
        return userFrom;
    }

    int userTo() {
        return userTo;
    }

    int featuresFrom() {
        return Math.max(0, featuresFrom);
    }

    int featuresTo() {
        return Math.max(0, featuresTo);
    }

    /** How many names the dictionary has. */
    int names() {
        return names;
    }

    /** The dictionary's fields, one after the other. */
    int namesFrom() {
        return namesFrom;
    }

    int namesTo() {
        return namesTo;
    }
}
