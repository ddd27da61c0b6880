package dev.millrace.api.json;

import dev.millrace.ingest.feature.FeatureValue;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** Reads raw attributes: text, number, boolean (as text {@code true} or {@code false}), or an array of texts. */
public final class FeatureJson {
    public static final int MAX_FEATURES = 64;

    private static final int MAX_TEXT = 1024;
    private static final int MAX_TEXTS = 64;
    private static final Pattern NAME = Pattern.compile("[A-Za-z][A-Za-z0-9_]{0,63}");
    private static final String NAME_FIX = "letters, digits and '_', at most 64, a letter first";

    private FeatureJson() {}

    /** Looks at one attribute under the cursor and refuses it if it must not be. */
    public interface Check {
        void check(String name);
    }

    /** An object of attributes; full names in the result begin with {@code prefix}. */
    public static Map<String, FeatureValue> features(JsonIn in, String prefix, Check check) throws IOException {
        Map<String, FeatureValue> features = new LinkedHashMap<>();
        in.members(name -> {
            if (features.size() == MAX_FEATURES) {
                throw in.invalid("is one feature too many", "send at most " + MAX_FEATURES);
            }
            check.check(name);
            features.put(prefix + name, value(in));
        });
        return features;
    }

    /**
     * Attributes to be set, and the full names of those to be removed.
     *
     * @param removed that are given as null
     */
    public record Changes(Map<String, FeatureValue> set, Set<String> removed) {}

    /** An object of attributes, any of which may be null. */
    public static Changes changes(JsonIn in, String prefix, Check check) throws IOException {
        Changes changes = new Changes(new LinkedHashMap<>(), new HashSet<>());
        in.members(name -> {
            if (changes.set().size() + changes.removed().size() == MAX_FEATURES) {
                throw in.invalid("is one feature too many", "send at most " + MAX_FEATURES);
            }
            check.check(name);
            if (in.isNull()) {
                changes.removed().add(prefix + name);
            } else {
                changes.set().put(prefix + name, value(in));
            }
        });
        return changes;
    }

    /** Any attribute name but {@code id}, which the address gives. */
    public static void anyName(JsonIn in, String name) {
        if (!NAME.matcher(name).matches()) {
            throw in.invalid("is not a feature name", NAME_FIX);
        }
        if (name.equals("id")) {
            throw in.invalid("is set from the id itself", "leave it out");
        }
    }

    /** Refuses values under the cursor whose texts take more than {@code maxBytes} in UTF-8 together. */
    public static void boundText(JsonIn in, Collection<FeatureValue> values, int maxBytes) {
        int bytes = textBytes(values);
        if (bytes > maxBytes) {
            throw in.invalid("have " + bytes + " bytes of text", "send at most " + maxBytes + " bytes in all");
        }
    }

    /** Bytes of all texts in UTF-8. */
    public static int textBytes(Collection<FeatureValue> values) {
        return values.stream().mapToInt(FeatureJson::textBytes).sum();
    }

    private static int textBytes(FeatureValue value) {
        return switch (value) {
            case FeatureValue.Text text -> utf8(text.value());
            case FeatureValue.Texts texts ->
                texts.values().stream().mapToInt(FeatureJson::utf8).sum();
            case FeatureValue.Numeric number -> 0;
        };
    }

    private static int utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8).length;
    }

    static FeatureValue value(JsonIn in) throws IOException {
        if (in.isText()) {
            return new FeatureValue.Text(in.text(0, MAX_TEXT));
        }
        if (in.isNumber()) {
            return new FeatureValue.Numeric(in.number());
        }
        if (in.isBoolean()) {
            return new FeatureValue.Text(Boolean.toString(in.flag()));
        }
        if (in.isArray()) {
            List<String> texts = new ArrayList<>();
            in.array(0, MAX_TEXTS, i -> texts.add(in.text(0, MAX_TEXT)));
            return new FeatureValue.Texts(texts);
        }
        throw in.wrongType("text, a number, a boolean or an array of texts");
    }
}
