package dev.millrace.load.replay;

import dev.millrace.ingest.spec.Policies.Absence;
import dev.millrace.load.client.Event;
import dev.millrace.load.client.MillraceClient;
import dev.millrace.load.client.RankAnswer;
import dev.millrace.load.client.RankRequest;
import dev.millrace.load.client.Trace;
import dev.millrace.load.client.TraceStatus;
import dev.millrace.load.data.RecordedAction;
import dev.millrace.load.data.RecordedProfile;
import dev.millrace.load.data.RecordedRequest;
import dev.millrace.load.data.RecordedSession;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Plays a session, blocking its thread: rank, act, wait until serving has learned every label of it, next. An attempt that fails is
 * made again with the same ids and bytes; an acknowledged event is never posted again, so that an event which the
 * service lost after acknowledging stays lost and is seen.
 */
final class Player {
    private static final Duration TRACE_WAIT = Duration.ofSeconds(2);
    private static final Duration NEGATIVES_GRACE = Duration.ofSeconds(5);
    private static final Duration UNKNOWN_TRACE_PAUSE = Duration.ofMillis(200);

    private final MillraceClient client;
    private final ReplayOptions options;
    private final String run;
    private final InstantSource clock;
    private final LearnedTime learned;
    private final Tally tally;
    private final Consumer<Played> settled;

    Player(
            MillraceClient client,
            ReplayOptions options,
            String run,
            InstantSource clock,
            Tally tally,
            Consumer<Played> settled) {
        this.client = client;
        this.options = options;
        this.run = run;
        this.clock = clock;
        this.learned = new LearnedTime(client, options.model());
        this.tally = tally;
        this.settled = settled;
    }

    void play(RecordedSession session) throws InterruptedException {
        int place = 0;
        for (RecordedRequest request : session.requests()) {
            for (RecordedProfile profile : request.before()) {
                put(client, profile);
            }
            play(request, place++);
        }
    }

    static void put(MillraceClient client, RecordedProfile profile) throws InterruptedException {
        switch (profile.side()) {
            case USER -> client.putUser(profile.id(), profile.features());
            case ITEM -> client.putItem(profile.id(), profile.features());
        }
    }

    private void play(RecordedRequest recorded, int place) throws InterruptedException {
        RankRequest rank =
                recorded.rank().withRequestId(run + "-" + recorded.rank().requestId());
        long sentMs = clock.millis();
        long sentNs = System.nanoTime();
        RankAnswer answer = client.rank(options.model(), rank);
        tally.rank.addNs(System.nanoTime() - sentNs);
        long receivedMs = clock.millis();
        Map<String, Reaction> reactions = react(rank, answer, recorded.actions());
        List<Played.Shown> shown = new ArrayList<>(answer.items().size());
        for (RankAnswer.Ranked item : answer.items()) {
            shown.add(shown(item, reactions.get(item.item())));
        }
        Played played = new Played(rank, sentMs, receivedMs, shown);
        tally.settled(played, place);
        settled.accept(played);
        if (options.absence() == Absence.NEGATIVE && reactions.size() < shown.size()) {
            // What was passed over is a label too. Not waited for in vain: the last ones may move no watermark.
            learned.await(
                    receivedMs + options.rewardWindow().toMillis(),
                    options.rewardWindow().plus(NEGATIVES_GRACE));
        }
    }

    private Played.Shown shown(RankAnswer.Ranked item, @Nullable Reaction reaction) {
        if (reaction != null) {
            return new Played.Shown(item.item(), item.score(), reaction.label, reaction.actionMs, reaction.servedMs);
        }
        double label = options.absence() == Absence.NEGATIVE ? 0 : Double.NaN;
        return new Played.Shown(item.item(), item.score(), label, Played.NEVER, Played.NEVER);
    }

    /** The first labelled action of an item: it settles the label. */
    private static final class Reaction {
        final String eventId;
        final double label;
        final long actionMs;
        long servedMs = Played.NEVER;

        Reaction(String eventId, double label, long actionMs) {
            this.eventId = eventId;
            this.label = label;
            this.actionMs = actionMs;
        }
    }

    private Map<String, Reaction> react(RankRequest rank, RankAnswer answer, List<RecordedAction> actions)
            throws InterruptedException {
        Map<String, Reaction> reactions = new HashMap<>();
        List<RecordedAction> possible = actions.stream()
                .filter(action ->
                        answer.items().stream().anyMatch(one -> one.item().equals(action.item())))
                .toList();
        tally.notShown.add(actions.size() - possible.size());
        if (possible.isEmpty()) {
            return reactions;
        }
        Thread.sleep(options.delay());
        List<Event> events = events(rank, possible, reactions);
        long postedNs = System.nanoTime();
        MillraceClient.Posted posted = client.events(events);
        tally.events.add(posted.answer().accepted() + (long) posted.answer().duplicates());
        for (Reaction reaction : reactions.values()) {
            await(reaction, postedNs, posted.attempts() > 1);
        }
        return reactions;
    }

    private List<Event> events(RankRequest rank, List<RecordedAction> actions, Map<String, Reaction> reactions) {
        List<Event> events = new ArrayList<>(actions.size());
        long nowMs = clock.millis();
        for (RecordedAction action : actions) {
            String id = rank.requestId() + "-" + events.size();
            events.add(new Event(id, action.type(), rank.requestId(), action.item(), action.value(), nowMs));
            Double label = options.labels().get(action.type());
            if (label == null) {
                tally.unlabelled.merge(action.type(), 1L, Long::sum);
            } else {
                reactions.computeIfAbsent(action.item(), item -> new Reaction(id, label, nowMs));
            }
        }
        return events;
    }

    /** @param retried whether an earlier attempt may have logged it, so that this one may be told a duplicate */
    private void await(Reaction reaction, long postedNs, boolean retried) throws InterruptedException {
        long unknownSinceNs = 0;
        boolean unknown = false;
        while (System.nanoTime() - postedNs < options.patience().toNanos()) {
            Optional<Trace> found = client.trace(reaction.eventId, TRACE_WAIT);
            if (found.isPresent()) {
                unknown = false;
                if (found.get().status().ended()) {
                    ended(reaction, found.get().status(), postedNs, retried);
                    return;
                }
            } else {
                unknownSinceNs = unknown ? unknownSinceNs : System.nanoTime();
                unknown = true;
                if (System.nanoTime() - unknownSinceNs >= options.traceGrace().toNanos()) {
                    tally.untraced.increment();
                    return;
                }
                Thread.sleep(UNKNOWN_TRACE_PAUSE);
            }
        }
        tally.unserved.increment();
    }

    private void ended(Reaction reaction, TraceStatus status, long postedNs, boolean retried) {
        if (status == TraceStatus.SERVED) {
            tally.freshness.addNs(System.nanoTime() - postedNs);
            reaction.servedMs = clock.millis();
        } else if (status != TraceStatus.DUPLICATE || !retried) {
            tally.unserved.increment();
        }
    }
}
