package dev.millrace.learner.remote.worker;

import dev.millrace.learner.remote.protocol.Envelope;
import dev.millrace.learner.remote.protocol.Hello;
import dev.millrace.learner.remote.protocol.Op;
import dev.millrace.learner.remote.push.BatchKeys;
import dev.millrace.ps.wire.WireCode;
import dev.millrace.ps.wire.WireException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A worker's side of one shard: connects, says hello, and brings it every push of the journal that it lacks, in the
 * journal's order, several on their way at once. After any failure it connects anew and asks where the shard is: whether
 * what was on its way arrived is then known. The worker's thread.
 *
 * <pre>
 *  DOWN ──connect──▶ CONNECTING ──hello──▶ GREETING ──answer──▶ UP
 *   ▲                    │                    │                  │   any failure, after a pause
 *   └────────────────────┴────────────────────┴──────────────────┘
 * </pre>
 */
final class ShardLink {
    private static final Logger LOG = LoggerFactory.getLogger(ShardLink.class);
    private static final Duration LONGEST_DELAY = Duration.ofSeconds(2);

    private final WorkerCore worker;
    private final int shard;
    private final Map<Integer, Progress> progress = new HashMap<>();
    private State state = State.DOWN;
    /** One, where weights depend on the order in which partitions' batches are applied. */
    private final int window;

    private @Nullable ShardConnection connection;
    private long incarnation;
    /** Counts connections, so that an answer over an older one is known as such. */
    private int life;

    private boolean greeting;
    private long delayMs;
    private long retryAtMs;
    private int onTheWay;
    /** Of the journal: entries before it are on their way, applied, or not this learner's. */
    private long cursor;

    private enum State {
        DOWN,
        CONNECTING,
        UP
    }

    /** Where the shard is in one partition. */
    private static final class Progress {
        private long applied;
        private long sent;
        /** Counts refusals, so that those of pushes sent before one are known as its consequences. */
        private int round;
    }

    ShardLink(WorkerCore worker, int shard) {
        this.worker = worker;
        this.shard = shard;
        this.window =
                worker.config().staleness().permits() == 1 ? 1 : worker.config().window();
        this.delayMs = worker.config().retry().toMillis();
    }

    // ---- connecting ----

    void tick() {
        if (state == State.DOWN && worker.nowMs() >= retryAtMs) {
            connect();
        }
        if (state == State.UP && !greeting) {
            SortedMap<Integer, Long> strangers = new TreeMap<>(worker.epochs());
            strangers.keySet().removeAll(progress.keySet());
            if (!strangers.isEmpty() || incarnation == 0) {
                greet(strangers);
            }
        }
        pump();
    }

    private void connect() {
        state = State.CONNECTING;
        int mine = ++life;
        worker.onAnswer(
                worker.connect(shard),
                opened -> {
                    if (mine != life) {
                        opened.close();
                        return;
                    }
                    connection = opened;
                    state = State.UP;
                    incarnation = 0;
                },
                failure -> fail(mine, "connect", failure));
    }

    private void greet(SortedMap<Integer, Long> epochs) {
        greeting = true;
        call(
                Op.HELLO,
                Hello.bytes(epochs),
                target -> Hello.write(target, epochs),
                body -> {
                    greeting = false;
                    Hello.Answer answer = Hello.readAnswer(body);
                    if (incarnation != 0 && incarnation != answer.incarnation()) {
                        // It restarted behind this connection: what it knew of the other partitions is gone.
                        progress.clear();
                    }
                    incarnation = answer.incarnation();
                    delayMs = worker.config().retry().toMillis();
                    answer.progress().forEach(this::greeted);
                },
                failure -> {
                    greeting = false;
                    if (failure.code() == WireCode.FENCED) {
                        worker.fenced(failure);
                    }
                    down("hello", failure);
                });
    }

    private void greeted(Hello.Progress answer) {
        Progress now = new Progress();
        now.applied = answer.applied();
        now.sent = answer.applied();
        progress.put(answer.partition(), now);
        worker.plan(answer.partition());
    }

    /** Whether it says where it is in the partition. */
    boolean knows(int partition) {
        return state == State.UP && progress.containsKey(partition);
    }

    /** The first record of the partition that the shard is known not to have; only if it {@link #knows}. */
    long applied(int partition) {
        Progress known = progress.get(partition);
        if (known == null) {
            throw new IllegalStateException("shard " + shard + " has not said where it is in partition " + partition);
        }
        return known.applied;
    }

    /** The partition's owner is another one, or asks anew. */
    void forget(int partition) {
        progress.remove(partition);
    }

    /** Sends again from what the shard has applied, as far as the journal leads. */
    void rewind(int partition) {
        Progress known = progress.get(partition);
        if (known != null) {
            known.sent = known.applied;
            known.round++;
            cursor = Math.min(cursor, worker.journal().sequenceOf(partition, known.applied));
        }
    }

    // ---- pushes ----

    private void pump() {
        Journal journal = worker.journal();
        while (state == State.UP && incarnation != 0 && onTheWay < window) {
            Journal.Entry entry = journal.at(cursor);
            if (entry == null) {
                cursor = journal.end();
                findHoles();
                return;
            }
            if (worker.owns(entry.partition())) {
                Progress known = progress.get(entry.partition());
                if (known == null) {
                    return;
                }
                if (known.sent == entry.first()) {
                    send(entry, known);
                } else if (known.sent < entry.next()) {
                    worker.plan(entry.partition());
                    return;
                }
            }
            cursor = entry.sequence() + 1;
        }
    }

    /** The journal is bounded: what it let go before this shard had it must be read again. */
    private void findHoles() {
        progress.forEach((partition, known) -> {
            if (known.sent < worker.learned(partition)) {
                worker.plan(partition);
            }
        });
    }

    private void send(Journal.Entry entry, Progress known) {
        int round = known.round;
        long epoch = worker.epochs().getOrDefault(entry.partition(), 0L);
        ByteBuffer push = worker.journal().push(entry, shard);
        known.sent = entry.next();
        onTheWay++;
        call(
                Op.PUSH,
                Long.BYTES + push.remaining(),
                target -> target.putLong(epoch).put(push),
                body -> {
                    onTheWay--;
                    known.applied = Math.max(known.applied, body.getLong());
                    known.sent = Math.max(known.sent, known.applied);
                },
                failure -> {
                    onTheWay--;
                    refused(entry.partition(), known, round, failure);
                });
    }

    private void refused(int partition, Progress known, int round, WireException failure) {
        if (failure.code() != WireCode.BEHIND) {
            if (failure.code() == WireCode.FENCED) {
                worker.fenced(failure);
            }
            down("push", failure);
        } else if (progress.get(partition) == known && known.round == round) {
            LOG.info("shard {}: {}", shard, failure.getMessage());
            known.applied = failure.detail();
            rewind(partition);
            worker.plan(partition);
        }
    }

    /** Entries of the journal that are not known to be applied, or more. */
    long unacknowledged() {
        return onTheWay + worker.journal().end() - cursor;
    }

    boolean isUp() {
        return state == State.UP && incarnation != 0;
    }

    // ---- pulls ----

    /** Asks for the weights of the shard's keys; the worker hears of it when the shard is lost before it answers. */
    void pull(BatchKeys keys, Consumer<ByteBuffer> weights) {
        int n = keys.size(shard);
        call(
                Op.PULL,
                Integer.BYTES + n * Long.BYTES,
                target -> {
                    target.putInt(n);
                    for (int i = 0; i < n; i++) {
                        target.putLong(keys.key(keys.number(shard, i)));
                    }
                },
                weights,
                failure -> down("pull", failure));
    }

    /** For whoever asks why it waits. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("shard " + shard + ": " + state + ", on the way " + onTheWay
                + ", behind by " + (worker.journal().end() - cursor));
        progress.forEach((partition, p) -> text.append(", partition ")
                .append(partition)
                .append(" at ")
                .append(p.applied)
                .append(" sent ")
                .append(p.sent));
        return text.toString();
    }

    // ---- calls ----

    private void call(
            int op,
            int bytes,
            dev.millrace.ps.wire.BodyWriter writer,
            Consumer<ByteBuffer> then,
            Consumer<WireException> failed) {
        ShardConnection over = connection;
        int mine = life;
        if (over == null) {
            failed.accept(new WireException(WireCode.UNAVAILABLE, "not connected"));
            return;
        }
        var envelope = new Envelope(worker.fingerprint(), over.mapVersion(), incarnation, shard);
        CompletableFuture<ByteBuffer> answer = over.call(
                op,
                Envelope.BYTES + bytes,
                target -> {
                    envelope.write(target);
                    writer.write(target);
                },
                worker.config().callTimeout());
        worker.onAnswer(
                answer,
                body -> {
                    if (mine == life) {
                        then.accept(body);
                    }
                },
                failure -> {
                    if (mine == life) {
                        failed.accept(wire(failure));
                    }
                });
    }

    private static WireException wire(Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        return cause instanceof WireException wire
                ? wire
                : new WireException(WireCode.UNAVAILABLE, String.valueOf(cause), cause);
    }

    private void fail(int ofLife, String what, Throwable failure) {
        if (ofLife == life) {
            down(what, wire(failure));
        }
    }

    private void down(String what, WireException failure) {
        LOG.info("shard {}: {} failed, {}; again in {} ms", shard, what, failure, delayMs);
        disconnect();
        retryAtMs = worker.nowMs() + delayMs;
        delayMs = Math.min(2 * delayMs, LONGEST_DELAY.toMillis());
    }

    /** Ends the connection; what is on its way no longer counts. */
    void disconnect() {
        life++;
        state = State.DOWN;
        greeting = false;
        incarnation = 0;
        onTheWay = 0;
        cursor = 0;
        progress.clear();
        worker.lost(shard);
        if (connection != null) {
            connection.close();
            connection = null;
        }
    }
}
