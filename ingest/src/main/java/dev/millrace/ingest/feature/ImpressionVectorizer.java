package dev.millrace.ingest.feature;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Makes vectors of impressions as they were logged, by the {@link Vectorizer} that scored them, without decoding what the
 * spec does not use: the same ids in the same order as from {@link RawFeatures}. One thread.
 */
public final class ImpressionVectorizer {
    private static final String ITEM_SIDE = "item.";

    private final Vectorizer.Row row;
    private final AttributeNames names;
    private final EncodedFeatures features;
    private final int[] requestAttributes;
    private final int[] itemAttributes;
    private final int userId;
    private final int itemId;
    private final int canary;
    private boolean ofCanary;

    public ImpressionVectorizer(Vectorizer vectorizer) {
        List<String> attributes = vectorizer.attributes();
        Map<String, Integer> numbers = new LinkedHashMap<>();
        attributes.forEach(name -> numbers.put(name, numbers.size()));
        canary = numbers.size();
        numbers.put(Canary.ATTRIBUTE, canary);
        row = vectorizer.newRow();
        names = new AttributeNames(numbers);
        features = new EncodedFeatures(numbers.size());
        requestAttributes = numbers(attributes, false);
        itemAttributes = numbers(attributes, true);
        userId = attributes.indexOf("user.id");
        itemId = attributes.indexOf("item.id");
    }

    private static int[] numbers(List<String> attributes, boolean ofItem) {
        return java.util.stream.IntStream.range(0, attributes.size())
                .filter(a -> attributes.get(a).startsWith(ITEM_SIDE) == ofItem)
                .toArray();
    }

    /** Clears {@code out} and writes what all items of the impression share. */
    public void request(EncodedImpression impression, FeatureVector out) {
        row.clear();
        features.locate(impression.array(), impression.featuresFrom(), impression.featuresTo(), names.of(impression));
        ofCanary = features.from(canary) != EncodedFeatures.ABSENT;
        if (ofCanary) {
            canary(impression, out);
            return;
        }
        give(impression, requestAttributes);
        giveId(userId, impression.array(), impression.userFrom(), impression.userTo());
        row.request(out);
    }

    private void canary(EncodedImpression impression, FeatureVector out) {
        WireCursor value = features.value(impression.array(), canary);
        out.clear();
        if (EncodedFeatures.kind(value) == EncodedFeatures.NUMBER) {
            out.add(Canary.feature(Double.longBitsToDouble(value.fixed64())), 1f);
        }
    }

    /** Appends the features of the item at that place to a vector that holds its request's. */
    public void item(EncodedImpression impression, int item, FeatureVector out) {
        if (ofCanary) {
            return;
        }
        row.clearItem();
        features.locate(
                impression.array(),
                impression.itemFeaturesFrom(item),
                impression.itemFeaturesTo(item),
                names.of(impression));
        give(impression, itemAttributes);
        giveId(itemId, impression.array(), impression.itemFrom(item), impression.itemTo(item));
        row.item(out);
    }

    /** The id need not stand among the attributes: the log has it beside them. */
    private void giveId(int attribute, byte[] bytes, int from, int to) {
        if (attribute >= 0 && features.from(attribute) == EncodedFeatures.ABSENT && from < to) {
            row.text(attribute, bytes, from, to);
        }
    }

    private void give(EncodedImpression impression, int[] attributes) {
        for (int attribute : attributes) {
            if (features.from(attribute) != EncodedFeatures.ABSENT) {
                give(attribute, features.value(impression.array(), attribute));
            }
        }
    }

    private void give(int attribute, WireCursor value) {
        int kind = EncodedFeatures.kind(value);
        if (kind == EncodedFeatures.NUMBER) {
            row.numeric(attribute, Double.longBitsToDouble(value.fixed64()));
            return;
        }
        int length = value.length();
        if (kind == EncodedFeatures.TEXT) {
            row.text(attribute, value.bytes, value.at, value.at + length);
        } else {
            value.end = value.at + length;
            giveTexts(attribute, value);
        }
    }

    private void giveTexts(int attribute, WireCursor texts) {
        while (texts.hasMore()) {
            int tag = texts.tag();
            if (tag == EncodedFeatures.TEXTS_VALUE) {
                int length = texts.length();
                row.text(attribute, texts.bytes, texts.at, texts.at + length);
                texts.at += length;
            } else {
                texts.skip(tag);
            }
        }
    }
}
