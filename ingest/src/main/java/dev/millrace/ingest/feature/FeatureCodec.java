package dev.millrace.ingest.feature;

import dev.millrace.ingest.proto.Features;
import dev.millrace.ingest.proto.Texts;
import dev.millrace.ingest.proto.Value;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Raw attributes to and from the log, names through a dictionary: {@code Features.names[i]} indexes it. */
public final class FeatureCodec {
    private FeatureCodec() {}

    /** Names in order of first use; one a message. */
    public static final class Dictionary {
        private final Map<String, Integer> indexes = new LinkedHashMap<>();

        private int index(String name) {
            return indexes.computeIfAbsent(name, n -> indexes.size());
        }

        public Iterable<String> names() {
            return indexes.keySet();
        }
    }

    public static Features encode(RawFeatures features, Dictionary dictionary) {
        Features.Builder out = Features.newBuilder();
        features.asMap().forEach((name, value) -> {
            out.addNames(dictionary.index(name));
            out.addValues(encode(value));
        });
        return out.build();
    }

    /** @throws IllegalArgumentException when the message's indexes do not fit the dictionary */
    public static RawFeatures decode(Features features, List<String> names) {
        if (features.getNamesCount() != features.getValuesCount()) {
            throw new IllegalArgumentException("features: " + features.getNamesCount() + " names, "
                    + features.getValuesCount() + " values; must be equally many");
        }
        Map<String, FeatureValue> values = new LinkedHashMap<>();
        for (int i = 0; i < features.getNamesCount(); i++) {
            int name = features.getNames(i);
            if (name < 0 || name >= names.size()) {
                throw new IllegalArgumentException("features: name index " + name + " of " + names.size());
            }
            values.put(names.get(name), decode(features.getValues(i)));
        }
        return RawFeatures.of(values);
    }

    /** One value, as it also stands in profiles. */
    public static Value encode(FeatureValue value) {
        Value.Builder out = Value.newBuilder();
        if (value instanceof FeatureValue.Text text) {
            out.setText(text.value());
        } else if (value instanceof FeatureValue.Numeric number) {
            out.setNumber(number.value());
        } else if (value instanceof FeatureValue.Texts texts) {
            out.setTexts(Texts.newBuilder().addAllValues(texts.values()));
        }
        return out.build();
    }

    public static FeatureValue decode(Value value) {
        return switch (value.getKindCase()) {
            case TEXT -> new FeatureValue.Text(value.getText());
            case NUMBER -> new FeatureValue.Numeric(value.getNumber());
            case TEXTS -> new FeatureValue.Texts(value.getTexts().getValuesList());
            case KIND_NOT_SET -> throw new IllegalArgumentException("features: a value without a kind");
        };
    }
}
