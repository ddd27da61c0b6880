package dev.millrace.api.desk;

import dev.millrace.api.json.JsonIn;
import dev.millrace.api.problem.Problem;
import dev.millrace.api.problem.ProblemException;
import dev.millrace.api.rank.Ranker;
import dev.millrace.ingest.feature.FeatureVector;
import dev.millrace.ingest.feature.RawFeatures;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ps.explain.Explained;
import dev.millrace.ps.explain.Explainer;
import dev.millrace.ps.explain.FeatureNames;
import dev.millrace.ps.serve.ServedVersion;
import dev.millrace.ps.serve.WeightServer;
import dev.millrace.ps.serve.WeightsUnavailable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Explains scores. Nothing is shown, so nothing is logged. Safe for many threads. */
public final class ExplainDesk {
    private final RankDesk ranks;
    private final Models models;
    private final Map<String, Room> rooms = new HashMap<>();

    private record Room(ExplainReader reader, Ranker ranker, Explainer explainer, FeatureNames names, String method) {}

    public ExplainDesk(RankDesk ranks, Models models) {
        this.ranks = ranks;
        this.models = models;
        models.all().forEach((model, weights) -> {
            ModelSpec spec = weights.spec();
            rooms.put(
                    model,
                    new Room(
                            new ExplainReader(ranks.reader(model)),
                            ranks.ranker(model),
                            new Explainer(spec),
                            new FeatureNames(spec),
                            method(spec)));
        });
    }

    private static String method(ModelSpec spec) {
        return switch (spec.network().type()) {
            case LINEAR -> "terms";
            case FM, FWFM, MF -> "shapley";
            case WIDEDEEP, DEEPFM, DCN -> "integrated-gradients";
        };
    }

    /** @throws ProblemException (404) when the earlier version is not remembered */
    public ExplainAnswer explain(String model, JsonIn.Source body) throws Exception {
        models.check(model);
        Room room = Objects.requireNonNull(rooms.get(model));
        return ranks.gate().pass(() -> explain(model, room, room.reader().read(body)));
    }

    private static ExplainAnswer explain(String model, Room room, ExplainReader.Request request) {
        Ranker.Features features = room.ranker().features(request.of());
        List<FeatureVector> vectors = features.items().stream()
                .map(item -> room.explainer().vector(features.shared(), item))
                .toList();
        long[] keys = room.explainer().keys(vectors);
        float[] rows = new float[keys.length * room.explainer().width()];
        WeightServer weights = room.ranker().weights();
        ServedVersion version = read(weights, keys, rows);
        float[] earlier = request.sinceVersion() == null ? null : earlier(weights, request.sinceVersion(), keys, room);
        List<ExplainAnswer.Explanation> items = new ArrayList<>();
        for (int i = 0; i < vectors.size(); i++) {
            FeatureVector vector = vectors.get(i);
            Explained now = room.explainer().explain(vector, keys, rows);
            Explained was = earlier == null ? null : room.explainer().explain(vector, keys, earlier);
            RawFeatures item = features.items().get(i);
            Map<Long, String> names = room.names().of(features.shared(), item);
            items.add(
                    explanation(request.of().candidates().get(i).item(), vector, now, was, room, names, request.top()));
        }
        return new ExplainAnswer(
                model,
                version.sequence(),
                version.learnedMs(),
                ModelState.offsets(version),
                room.method(),
                request.sinceVersion(),
                items);
    }

    private static ServedVersion read(WeightServer weights, long[] keys, float[] rows) {
        try {
            return weights.read(keys, keys.length, rows);
        } catch (WeightsUnavailable e) {
            throw new ProblemException(Problem.stale("the weights cannot be had now: " + e.getMessage()));
        }
    }

    private static float[] earlier(WeightServer weights, long since, long[] keys, Room room) {
        float[] rows = new float[keys.length * room.explainer().width()];
        long known = weights.readAt(since, keys, keys.length, rows);
        if (known != since || since > weights.version().sequence()) {
            throw new ProblemException(Problem.notFound(
                    "sinceVersion",
                    "version " + since + " is not remembered",
                    known == Long.MAX_VALUE
                            ? "leave it out: the weights that serve here have no history"
                            : "send one from " + known + " to "
                                    + weights.version().sequence()));
        }
        return rows;
    }

    private static ExplainAnswer.Explanation explanation(
            String item,
            FeatureVector vector,
            Explained now,
            @Nullable Explained was,
            Room room,
            Map<Long, String> names,
            int top) {
        Comparator<Integer> largest = Comparator.comparingDouble(
                i -> -Math.abs(was == null ? now.contributions()[i] : now.contributions()[i] - was.contributions()[i]));
        List<Integer> order =
                IntStream.range(0, vector.size()).boxed().sorted(largest).toList();
        List<ExplainAnswer.Contribution> listed = new ArrayList<>();
        double others = 0;
        double othersWere = 0;
        for (int i : order) {
            if (listed.size() < top) {
                listed.add(new ExplainAnswer.Contribution(
                        room.names().name(vector.id(i), names),
                        vector.value(i),
                        now.contributions()[i],
                        was == null ? null : was.contributions()[i]));
            } else {
                others += now.contributions()[i];
                othersWere += was == null ? 0 : was.contributions()[i];
            }
        }
        ExplainAnswer.Was before = was == null
                ? null
                : new ExplainAnswer.Was(room.explainer().output(was.logit()), was.logit(), was.base(), othersWere);
        return new ExplainAnswer.Explanation(
                item, room.explainer().output(now.logit()), now.logit(), now.base(), others, before, listed);
    }
}
