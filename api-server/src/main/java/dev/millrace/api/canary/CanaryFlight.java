package dev.millrace.api.canary;

import dev.millrace.api.log.EventSink;
import dev.millrace.api.log.LogListener;
import dev.millrace.api.rank.RankAnswer;
import dev.millrace.api.rank.RankRequest;
import dev.millrace.api.rank.RankService;
import dev.millrace.ingest.feature.Canary;
import dev.millrace.ingest.feature.FeatureValue;
import dev.millrace.ingest.id.SampleIds;
import dev.millrace.ingest.proto.Action;
import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ps.serve.ServedVersion;
import dev.millrace.ps.serve.WeightServer;
import java.io.IOException;
import java.time.Clock;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One model's canaries: each is ranked as a request is, acts, and when it is served is read back through the public API,
 * where its score must have changed. Learning it touches one row of its own.
 *
 * <pre>
 *  field          written by             guard
 *  waiting        all                    lock
 *  version        applied deltas         lock
 * </pre>
 */
final class CanaryFlight implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(CanaryFlight.class);
    private static final long ACKNOWLEDGED_MS = 5_000;
    private static final int MOST_WAITING = 256;
    /** After a try to read one back that failed. */
    private static final long AGAIN_MS = 100;

    private final RankService ranks;
    private final WeightServer weights;
    private final EventSink sink;
    private final CanaryReader reader;
    private final String actionType;
    private final double actionValue;
    private final CanaryConfig config;
    private final Clock clock;
    private final CanaryBook book;
    private final String prefix;
    private final Object lock = new Object();
    private final Map<Long, Waiting> byAction = new HashMap<>();
    private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();
    private final Thread thread;
    private long number;

    /** One on its way. Times in milliseconds since the epoch; 0: not yet. */
    private static final class Waiting {
        final long number;
        final long action;
        final float before;
        final long sentMs;
        long loggedMs;
        long joinedMs;
        int partition;
        long offset;
        long learnedMs;
        long servedMs;
        /** When it is read back, or again. */
        long readAtMs;

        Waiting(long number, long action, float before, long sentMs) {
            this.number = number;
            this.action = action;
            this.before = before;
            this.sentMs = sentMs;
        }
    }

    CanaryFlight(
            RankService ranks,
            EventSink sink,
            CanaryReader reader,
            CanaryAction action,
            CanaryConfig config,
            Clock clock,
            CanaryBook book) {
        this.ranks = ranks;
        this.weights = ranks.ranker().weights();
        this.sink = sink;
        this.reader = reader;
        this.actionType = action.type();
        this.actionValue = action.value();
        this.config = config;
        this.clock = clock;
        this.book = book;
        String model = weights.spec().model();
        prefix = Canary.ITEM + '.' + model + '.' + Long.toString(clock.millis(), Character.MAX_RADIX) + '.';
        weights.onApplied(this::applied);
        thread = Thread.ofVirtual().name("canary-" + model).unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    private void run() {
        long nextNs = System.nanoTime();
        try {
            while (!Thread.currentThread().isInterrupted()) {
                if (System.nanoTime() - nextNs >= 0) {
                    nextNs = Math.max(nextNs + config.every().toNanos(), System.nanoTime());
                    send();
                }
                readBack();
                synchronized (lock) {
                    long leftNs = Math.min(nextNs - System.nanoTime(), untilReadNs());
                    if (leftNs > 0) {
                        TimeUnit.NANOSECONDS.timedWait(lock, leftNs);
                    }
                }
            }
        } catch (InterruptedException e) {
            LOG.debug("no canary flies any more", e);
        }
    }

    /** Until one that is served is to be read, or read again. */
    private long untilReadNs() {
        long nowMs = clock.millis();
        return waiting.stream()
                .filter(one -> one.servedMs > 0)
                .mapToLong(one -> TimeUnit.MILLISECONDS.toNanos(one.readAtMs - nowMs))
                .min()
                .orElse(Long.MAX_VALUE);
    }

    private void send() throws InterruptedException {
        if (!weights.caughtUp()) {
            // At the start nobody waits for it; later it is what a canary is for.
            if (number > 0) {
                book.lost(clock.millis());
            }
            return;
        }
        long mine = number++;
        String request = prefix + mine;
        try {
            RankAnswer answer = ranks.rank(new RankRequest(
                    request,
                    false,
                    null,
                    null,
                    Map.of(Canary.ATTRIBUTE, new FeatureValue.Numeric(mine)),
                    List.of(new RankRequest.Candidate(Canary.ITEM, Map.of())),
                    1));
            act(mine, request, answer.items().getFirst().score());
        } catch (RuntimeException | ExecutionException | TimeoutException e) {
            LOG.debug("a canary did not get out", e);
            book.lost(clock.millis());
        }
    }

    private void act(long mine, String request, float before)
            throws InterruptedException, ExecutionException, TimeoutException {
        String id = request + ".e";
        Waiting one = new Waiting(mine, SampleIds.ofAction(id), before, clock.millis());
        synchronized (lock) {
            if (waiting.size() == MOST_WAITING) {
                Waiting oldest = waiting.removeFirst();
                byAction.remove(oldest.action);
                book.lost(clock.millis());
            }
            waiting.addLast(one);
            byAction.put(one.action, one);
        }
        Action action = Action.newBuilder()
                .setId(id)
                .setType(actionType)
                .setRequestId(request)
                .setItem(Canary.ITEM)
                .setValue(actionValue)
                .setTimeMs(one.sentMs)
                .setAcceptedMs(one.sentMs)
                .build();
        sink.action(action).get(ACKNOWLEDGED_MS, TimeUnit.MILLISECONDS);
        one.loggedMs = clock.millis();
    }

    /** The join has made samples; whichever are canaries of this flight. The tail's thread. */
    void samples(LogListener.Place place, SampleBlock block) {
        for (int i = 0; i < block.size(); i++) {
            if (block.isCanary(i) && block.actionHash(i) != 0) {
                joined(place, block.actionHash(i), block.header().joinedMs());
            }
        }
    }

    private void joined(LogListener.Place place, long action, long joinedMs) {
        synchronized (lock) {
            Waiting one = byAction.get(action);
            if (one != null && one.joinedMs == 0) {
                one.joinedMs = joinedMs;
                one.partition = place.partition();
                one.offset = place.offset();
                serve(one, weights.version());
            }
        }
    }

    private void applied(ServedVersion version) {
        synchronized (lock) {
            waiting.forEach(one -> serve(one, version));
        }
    }

    private void serve(Waiting one, ServedVersion version) {
        boolean learned = one.joinedMs > 0 && version.sampleOffsets().getOrDefault(one.partition, 0L) > one.offset;
        if (learned && one.servedMs == 0) {
            one.learnedMs = version.learnedMs();
            one.servedMs = version.appliedMs();
            one.readAtMs = one.servedMs;
            lock.notifyAll();
        }
    }

    /** Reads the scores of those that are served, and gives up those that are too long on their way. */
    private void readBack() throws InterruptedException {
        List<Waiting> served = new ArrayList<>();
        long nowMs = clock.millis();
        synchronized (lock) {
            Iterator<Waiting> all = waiting.iterator();
            while (all.hasNext()) {
                Waiting one = all.next();
                boolean tooLong = nowMs - one.sentMs > config.lost().toMillis();
                if (tooLong) {
                    book.lost(nowMs);
                } else if (one.servedMs > 0 && one.readAtMs <= nowMs) {
                    served.add(one);
                } else {
                    continue;
                }
                all.remove();
                byAction.remove(one.action);
            }
        }
        for (Waiting one : served) {
            read(one);
        }
    }

    private void read(Waiting one) throws InterruptedException {
        float now;
        try {
            now = reader.score(weights.spec().model(), one.number);
        } catch (IOException | RuntimeException e) {
            LOG.debug("a canary cannot be read back, and is tried again", e);
            synchronized (lock) {
                one.readAtMs = clock.millis() + AGAIN_MS;
                waiting.addFirst(one);
            }
            return;
        }
        long nowMs = clock.millis();
        if (now == one.before) {
            LOG.warn("canary {} was learned, it is said, but its score is {} as before", one.number, now);
            book.lost(nowMs);
            return;
        }
        long took = Math.max(0, nowMs - one.sentMs);
        book.cameBack(
                nowMs,
                took,
                Map.of(
                        "accept", Math.max(0, one.loggedMs - one.sentMs),
                        "join", Math.max(0, one.joinedMs - one.sentMs),
                        "learn", Math.max(0, one.learnedMs - one.joinedMs),
                        "serve", Math.max(0, one.servedMs - one.learnedMs),
                        "read", Math.max(0, nowMs - one.servedMs)));
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
