package dev.millrace.api.desk;

import dev.millrace.api.json.FeatureJson;
import dev.millrace.api.json.JsonIn;
import dev.millrace.api.problem.Problem;
import dev.millrace.api.problem.ProblemException;
import dev.millrace.ingest.feature.FeatureValue;
import dev.millrace.ingest.feature.RawFeatures;
import dev.millrace.ingest.profile.ProfileStore.Kind;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads what is to be stored of users and items. */
final class ProfileReader {
    private static final List<String> KEYS = List.of("features");
    private static final List<String> LINE_KEYS = List.of("id", "features");
    private static final String EXAMPLE = "send the attributes, like {\"features\": {\"age\": 24}}";

    /** A thousand candidates, each with its profile, must fit into one record of the log. */
    private static final int MAX_TEXT_BYTES = 64 << 10;

    private ProfileReader() {}

    /** One line of an import. */
    record Line(String id, RawFeatures features) {}

    /** @param removed full names */
    record Change(Map<String, FeatureValue> set, Set<String> removed) {
        /** @throws ProblemException when the outcome would be larger than a profile may be */
        RawFeatures of(RawFeatures stored) {
            Map<String, FeatureValue> features = new LinkedHashMap<>(stored.asMap());
            features.keySet().removeAll(removed);
            features.putAll(set);
            int bytes = FeatureJson.textBytes(features.values());
            if (features.size() > FeatureJson.MAX_FEATURES || bytes > MAX_TEXT_BYTES) {
                throw new ProblemException(Problem.invalid(
                        "features",
                        "features would be " + features.size() + " with " + bytes + " bytes of text",
                        "remove some by null: at most " + FeatureJson.MAX_FEATURES + " with " + MAX_TEXT_BYTES
                                + " bytes"));
            }
            return RawFeatures.of(features);
        }
    }

    static RawFeatures whole(JsonIn.Source body, Kind kind) {
        return body.read(in -> {
            RawFeatures[] features = new RawFeatures[1];
            in.object(KEYS, name -> features[0] = features(in, kind));
            return given(in, "features", features[0], EXAMPLE);
        });
    }

    static Change change(JsonIn.Source body, Kind kind) {
        return body.read(in -> {
            Change[] change = new Change[1];
            in.object(KEYS, name -> {
                var changes = FeatureJson.changes(in, kind.prefix(), feature -> FeatureJson.anyName(in, feature));
                change[0] = new Change(changes.set(), changes.removed());
            });
            return given(in, "features", change[0], EXAMPLE);
        });
    }

    static Line line(byte[] buffer, int offset, int length, Kind kind) {
        return JsonIn.read(buffer, offset, length, "", in -> {
            String[] id = new String[1];
            RawFeatures[] features = new RawFeatures[1];
            in.object(LINE_KEYS, name -> {
                if (name.equals("id")) {
                    id[0] = in.id();
                } else {
                    features[0] = features(in, kind);
                }
            });
            return new Line(
                    given(in, "id", id[0], "send whose attributes these are"),
                    given(in, "features", features[0], EXAMPLE));
        });
    }

    private static RawFeatures features(JsonIn in, Kind kind) throws IOException {
        Map<String, FeatureValue> features =
                FeatureJson.features(in, kind.prefix(), feature -> FeatureJson.anyName(in, feature));
        FeatureJson.boundText(in, features.values(), MAX_TEXT_BYTES);
        return RawFeatures.of(features);
    }

    private static <T> T given(JsonIn in, String name, @Nullable T value, String fix) {
        if (value == null) {
            throw in.missing(name, fix);
        }
        return value;
    }
}
