package dev.millrace.api.desk;

import dev.millrace.api.candidate.CandidateConfig;
import dev.millrace.api.candidate.Candidates;
import dev.millrace.api.json.JsonIn;
import dev.millrace.api.rank.RankAnswer;
import dev.millrace.api.rank.RankRequest;
import dev.millrace.api.rank.Ranker;
import dev.millrace.api.rank.RequestIds;
import dev.millrace.ingest.feature.FeatureValue;
import dev.millrace.ingest.profile.ProfileStore;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Recommends: finds candidates, then ranks them as any others. Safe for many threads. */
public final class RecommendDesk {
    private final RankDesk ranks;
    private final Models models;
    private final Map<String, Room> rooms = new HashMap<>();

    private record Room(RecommendReader reader, Catalogue catalogue, Ranker ranker) {}

    public RecommendDesk(
            RankDesk ranks,
            Models models,
            Candidates candidates,
            CandidateConfig config,
            ProfileStore profiles,
            RequestIds ids) {
        this.ranks = ranks;
        this.models = models;
        models.all().keySet().forEach(model -> {
            var reader = new RecommendReader(ranks.reader(model), ids);
            var catalogue = new Catalogue(candidates.index(model), candidates.nearest(model), profiles, config);
            rooms.put(model, new Room(reader, catalogue, ranks.ranker(model)));
        });
    }

    /** An empty answer, with no impression on the log, where nothing is known that may be shown. */
    public RecommendAnswer recommend(String model, JsonIn.Source body) throws Exception {
        models.check(model);
        Room room = Objects.requireNonNull(rooms.get(model));
        return ranks.measured(model, () -> recommend(model, room, room.reader().read(body)));
    }

    private RecommendAnswer recommend(String model, Room room, RecommendRequest request) throws InterruptedException {
        RankRequest asked = asked(request);
        Map<String, List<String>> found =
                room.catalogue().candidates(request, room.ranker().side(asked));
        if (found.isEmpty()) {
            long version = room.ranker().weights().version().sequence();
            return new RecommendAnswer(request.requestId(), model, version, 0, List.of(), List.of());
        }
        List<RankRequest.Candidate> candidates = found.keySet().stream()
                .map(item -> new RankRequest.Candidate(item, Map.of()))
                .toList();
        RankRequest ranking = asked.of(candidates);
        RankAnswer answer = ranks.ranked(model, ranking, asked);
        return RecommendAnswer.of(answer, candidates.size(), found);
    }

    /** What was asked, in the form of a request to rank, by which a retry is known: its candidates would not be the same. */
    private static RankRequest asked(RecommendRequest request) {
        List<RankRequest.Candidate> candidates = new ArrayList<>();
        Map<String, FeatureValue> tags = new LinkedHashMap<>();
        request.tags().forEach((name, texts) -> tags.put(name, new FeatureValue.Texts(texts)));
        candidates.add(new RankRequest.Candidate(request.withSeen() ? "recommend with seen" : "recommend", tags));
        request.exclude().forEach(item -> candidates.add(new RankRequest.Candidate(item, Map.of())));
        return new RankRequest(
                request.requestId(),
                request.retryable(),
                request.user(),
                request.session(),
                request.context(),
                candidates,
                request.limit());
    }
}
