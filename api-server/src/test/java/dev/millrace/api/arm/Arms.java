package dev.millrace.api.arm;

import dev.millrace.api.FixedWeights;
import dev.millrace.api.MovieSpec;
import dev.millrace.ingest.feature.FeatureValue;
import dev.millrace.ingest.feature.RawFeatures;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.SpecReader;
import dev.millrace.ps.serve.WeightServer;
import dev.millrace.ps.version.VersionBook;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** Small families of {@code movies}. */
public final class Arms {
    private Arms() {}

    /** @param more lines of the spec, like {@code arm: {}} */
    public static ModelSpec spec(String model, String more) {
        return SpecReader.parse(model, """
                model: %s
                learnsFrom: movies
                objective: logistic
                labels: {like: 1, dislike: 0}
                rewardWindow: 5s
                slots:
                  user: {type: category, from: user.id}
                  tariff: {type: category, from: context.tariff}
                  price: {type: number, from: item.price}
                %s
                """.formatted(model, more));
    }

    /** Scores like the champion, and somewhat higher: in the reverse order where {@code by} is below 0. */
    public static FixedWeights scoring(ModelSpec spec, float by) {
        return new FixedWeights() {
            @Override
            public ModelSpec spec() {
                return spec;
            }

            @Override
            public long score(RawFeatures request, List<RawFeatures> items, float[] scores) {
                super.score(request, items, scores);
                for (int i = 0; i < items.size(); i++) {
                    scores[i] = by < 0 ? 1 - scores[i] : scores[i] + by;
                }
                return 5;
            }
        };
    }

    public static Family family(WeightServer... others) {
        return family(() -> VersionBook.EMPTY, others);
    }

    public static Family family(Supplier<VersionBook> book, WeightServer... others) {
        Map<String, WeightServer> models = new LinkedHashMap<>();
        models.put("movies", new FixedWeights());
        for (WeightServer other : others) {
            models.put(other.spec().model(), other);
        }
        return new Families(models, Map.of("movies", book)).of(MovieSpec.SPEC.model());
    }

    static RawFeatures from(String country) {
        return RawFeatures.of(Map.of("user.country", new FeatureValue.Text(country)));
    }
}
