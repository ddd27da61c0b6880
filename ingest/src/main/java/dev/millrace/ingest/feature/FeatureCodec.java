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

    /** Names in order of first use. */
    public static final class Dictionary {
        private final boolean shared;
        private volatile Map<String, Integer> indexes = new LinkedHashMap<>();

        /** Of one message; one thread. */
        public Dictionary() {
            this(false);
        }

        private Dictionary(boolean shared) {
            this.shared = shared;
        }

        /**
         * Of many messages, each of which carries all names that there are by then: what kept attributes were encoded as
         * holds for all of them. For many threads.
         */
        public static Dictionary shared() {
            return new Dictionary(true);
        }

        private int index(String name) {
            Integer known = indexes.get(name);
            return known != null ? known : added(name);
        }

        private synchronized int added(String name) {
            Integer known = indexes.get(name);
            if (known != null) {
                return known;
            }
            // Others read it meanwhile.
            Map<String, Integer> more = shared ? new LinkedHashMap<>(indexes) : indexes;
            int index = more.size();
            more.put(name, index);
            indexes = more;
            return index;
        }

        public Iterable<String> names() {
            return indexes.keySet();
        }

        public int size() {
            return indexes.size();
        }
    }

    /** What kept attributes were last encoded as. */
    @SuppressWarnings("ArrayRecordComponent") // written out, never compared
    record Encoded(Dictionary dictionary, byte[] features) {}

    /** The bytes of {@link #encode}, to be written and not changed: made once of kept attributes in a shared dictionary. */
    public static byte[] bytes(RawFeatures features, Dictionary dictionary) {
        if (!features.isKept() || !dictionary.shared) {
            return encode(features, dictionary).toByteArray();
        }
        Encoded known = features.encoded();
        if (known == null || known.dictionary() != dictionary) {
            known = new Encoded(dictionary, encode(features, dictionary).toByteArray());
            features.remember(known);
        }
        return known.features();
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
