package dev.millrace.api.recent;

import dev.millrace.api.log.LogListener;
import dev.millrace.api.rank.RankAnswer;
import dev.millrace.api.rank.RankRequest;
import dev.millrace.ingest.proto.Action;
import dev.millrace.ingest.proto.DeadLetter;
import dev.millrace.ingest.sample.SampleBlock;
import java.time.Clock;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The last requests of all models that were answered here, one in {@code everyMs} at most, so that a server under load
 * spends next to nothing on it. Bounded by requests, and each by what it shows and by its actions. Guarded by its own
 * lock, which nobody holds for longer than a look-up.
 */
public final class RecentRequests implements LogListener {
    /**
     * @param keep requests
     * @param everyMs least time from one that is kept to the next
     * @param items of an answer that are kept; what can be explained at once
     * @param actions of a request that are kept
     */
    public record Config(int keep, long everyMs, int items, int actions) {
        public static final Config DEFAULT = new Config(1_000, 10, 20, 50);

        public Config {
            if (keep < 1 || everyMs < 0 || items < 1 || actions < 0) {
                throw new IllegalArgumentException("recent requests: keep and items must be at least 1, everyMs and"
                        + " actions at least 0, not " + keep + ", " + items + ", " + everyMs + ", " + actions);
            }
        }
    }

    private final Config config;
    private final Clock clock;
    private final boolean on;
    private final AtomicLong lastMs = new AtomicLong(Long.MIN_VALUE);
    private final LinkedHashMap<String, RecentRequest> byId = new LinkedHashMap<>();
    /** Actions that came before their request was kept: a fast click overtakes the answer. */
    private final Deque<Action> early = new ArrayDeque<>();

    /** @param on off: nothing is kept */
    public RecentRequests(Config config, Clock clock, boolean on) {
        this.on = on;
        this.config = config;
        this.clock = clock;
    }

    /** A request was answered. */
    public void answered(String model, RankRequest request, RankAnswer answer) {
        long nowMs = clock.millis();
        long last = lastMs.get();
        if (!on || (nowMs - config.everyMs() < last && nowMs >= last) || !lastMs.compareAndSet(last, nowMs)) {
            return;
        }
        RecentRequest kept = kept(model, request, answer, nowMs);
        synchronized (byId) {
            byId.remove(request.requestId());
            List<RecentRequest.Acted> actions = early.stream()
                    .filter(action -> action.getRequestId().equals(request.requestId()))
                    .limit(config.actions())
                    .map(RecentRequests::acted)
                    .toList();
            byId.put(request.requestId(), kept.with(actions));
            if (byId.size() > config.keep()) {
                byId.pollFirstEntry();
            }
        }
    }

    private RecentRequest kept(String model, RankRequest request, RankAnswer answer, long nowMs) {
        List<RankAnswer.Ranked> shown = answer.items()
                .subList(0, Math.min(config.items(), answer.items().size()));
        Set<String> wanted = new HashSet<>();
        shown.forEach(item -> wanted.add(item.item()));
        Map<String, RankRequest.Candidate> found = new HashMap<>();
        for (RankRequest.Candidate candidate : request.candidates()) {
            if (wanted.contains(candidate.item())) {
                found.put(candidate.item(), candidate);
            }
        }
        List<RankRequest.Candidate> candidates = new ArrayList<>();
        shown.forEach(item -> candidates.add(found.get(item.item())));
        int all = request.candidates().size();
        RankRequest asked = request.of(candidates);
        RankAnswer cut = new RankAnswer(answer.requestId(), model, answer.modelVersion(), shown, answer.degraded());
        RankRequest.Candidate any =
                request.candidates().get(ThreadLocalRandom.current().nextInt(all));
        return new RecentRequest(
                model, nowMs, asked, all, any, cut, answer.items().size(), List.of());
    }

    private static RecentRequest.Acted acted(Action action) {
        return new RecentRequest.Acted(action.getId(), action.getType(), action.getItem(), action.getAcceptedMs());
    }

    @Override
    public void action(Action action) {
        synchronized (byId) {
            RecentRequest request = byId.get(action.getRequestId());
            if (request == null) {
                early.add(action);
                if (early.size() > config.actions()) {
                    early.remove();
                }
                return;
            }
            boolean known = request.actions().stream().anyMatch(a -> a.id().equals(action.getId()));
            if (!known && request.actions().size() < config.actions()) {
                List<RecentRequest.Acted> more = new ArrayList<>(request.actions());
                more.add(acted(action));
                // In its place: it is as old as before.
                byId.replace(action.getRequestId(), request.with(more));
            }
        }
    }

    @Override
    public void samples(Place place, SampleBlock block) {
        // Traces tell what became of an action.
    }

    @Override
    public void deadLetter(DeadLetter letter, boolean live) {
        // As above.
    }

    /** Newest first. */
    public List<RecentRequest> newest(String model, int limit) {
        synchronized (byId) {
            return byId.sequencedValues().reversed().stream()
                    .filter(request -> request.model().equals(model))
                    .limit(limit)
                    .toList();
        }
    }

    public Optional<RecentRequest> find(String model, String requestId) {
        synchronized (byId) {
            return Optional.ofNullable(byId.get(requestId))
                    .filter(request -> request.model().equals(model));
        }
    }
}
