package dev.millrace.api.desk;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.millrace.api.monitor.MonitorSnapshot;
import dev.millrace.api.problem.Problem;
import dev.millrace.api.problem.ProblemException;
import dev.millrace.api.recent.HotKeys;
import dev.millrace.api.recent.RecentRequest;
import dev.millrace.api.recent.RecentRequests;
import dev.millrace.api.trace.TraceIndex;
import dev.millrace.ingest.feature.FeatureValue;
import dev.millrace.ingest.id.SampleIds;
import dev.millrace.ps.serve.WeightServer;
import io.micronaut.serde.annotation.Serdeable;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The last requests, one of them with what became of it, and what the rows of a model take. Safe for many threads. */
public final class RecentDesk {
    private static final int MAX_LIMIT = 100;

    private final Models models;
    private final RecentRequests recent;
    private final TraceIndex traces;
    private final HotKeys.All hot;

    public RecentDesk(Models models, RecentRequests recent, TraceIndex traces, HotKeys.All hot) {
        this.models = models;
        this.recent = recent;
        this.traces = traces;
        this.hot = hot;
    }

    /** @param best the item that was shown first; null: nothing was */
    @Serdeable
    public record Line(
            String requestId,
            long timeMs,
            @Nullable String user,
            @Nullable String session,
            long modelVersion,
            int candidates,
            int shown,
            @Nullable String best,
            int actions) {}

    @Serdeable
    public record Lines(String model, List<Line> requests) {}

    @Serdeable
    public record Item(String item, float score, float propensity) {}

    /** @param trace null: not known any more */
    @Serdeable
    public record Acted(
            String id,
            String type,
            String item,
            long acceptedAt,
            @Nullable TraceAnswer trace) {}

    @Serdeable
    public record Candidate(String item, Map<String, Object> features) {}

    /** A body for explain: the request as it was, with the items that it showed first. */
    @Serdeable
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Again(
            @Nullable String user, @Nullable String session, Map<String, Object> context, List<Candidate> candidates) {}

    /** @param items those shown first, as they were scored then */
    @Serdeable
    public record One(
            String model,
            String requestId,
            long timeMs,
            long modelVersion,
            int candidates,
            int shown,
            List<Item> items,
            List<Acted> actions,
            Again explain) {}

    @Serdeable
    public record Store(String model, long rows, MonitorSnapshot.Store store, List<HotKeys.Hot> hotKeys) {}

    /** @throws ProblemException (not found) of another model */
    public Lines newest(String model, int limit) {
        models.check(model);
        return new Lines(
                model,
                recent.newest(model, Math.clamp(limit, 1, MAX_LIMIT)).stream()
                        .map(RecentDesk::line)
                        .toList());
    }

    private static Line line(RecentRequest of) {
        return new Line(
                of.asked().requestId(),
                of.timeMs(),
                of.asked().user(),
                of.asked().session(),
                of.answer().modelVersion(),
                of.candidates(),
                of.shown(),
                of.answer().items().isEmpty()
                        ? null
                        : of.answer().items().getFirst().item(),
                of.actions().size());
    }

    /** @throws ProblemException (not found) where it is not remembered */
    public One one(String model, String requestId) {
        models.check(model);
        RecentRequest found = recent.find(model, requestId)
                .orElseThrow(() -> new ProblemException(Problem.notFound(
                        "id",
                        "request '" + requestId + "' is not remembered here",
                        "give one that GET /v1/models/" + model + "/requests lists: this server remembers the last"
                                + " that it answered, not each under load")));
        return new One(
                model,
                requestId,
                found.timeMs(),
                found.answer().modelVersion(),
                found.candidates(),
                found.shown(),
                found.answer().items().stream()
                        .map(item -> new Item(item.item(), item.score(), item.propensity()))
                        .toList(),
                found.actions().stream().map(this::acted).toList(),
                again(found));
    }

    private Acted acted(RecentRequest.Acted of) {
        TraceAnswer trace = traces.find(SampleIds.ofAction(of.id()))
                .map(known -> TraceAnswer.of(of.id(), known))
                .orElse(null);
        return new Acted(of.id(), of.type(), of.item(), of.acceptedMs(), trace);
    }

    private static Again again(RecentRequest of) {
        return new Again(
                of.asked().user(),
                of.asked().session(),
                plain(of.asked().context()),
                of.asked().candidates().stream()
                        .map(candidate -> new Candidate(candidate.item(), plain(candidate.features())))
                        .toList());
    }

    /** Without the side that full names begin with, as requests have them. */
    private static Map<String, Object> plain(Map<String, FeatureValue> features) {
        Map<String, Object> plain = new TreeMap<>();
        features.forEach((name, value) -> plain.put(
                name.substring(name.indexOf('.') + 1),
                switch (value) {
                    case FeatureValue.Text text -> text.value();
                    case FeatureValue.Texts texts -> texts.values();
                    case FeatureValue.Numeric number -> number.value();
                }));
        return plain;
    }

    /** @throws ProblemException (not found) of another model */
    public Store store(String model) {
        WeightServer weights = models.get(model);
        return new Store(
                model,
                weights.version().rows(),
                MonitorSnapshot.Store.of(weights.store()),
                hot.of(model).hot());
    }
}
