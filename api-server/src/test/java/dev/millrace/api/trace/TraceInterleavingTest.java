package dev.millrace.api.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.api.log.LogListener.Place;
import dev.millrace.ps.serve.ServedVersion;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tells the index the facts of a run in a seeded order, and after each asks a plain oracle what it must say. */
class TraceInterleavingTest {
    private static final int ACTIONS = 12;
    private static final int PARTITIONS = 2;
    private static final int VERSIONS = 15;
    private static final int ROUNDS = 200;

    private sealed interface Fact {
        record Accepted(long action, long ms) implements Fact {}

        record Ended(long action, Status end, long ms) implements Fact {}

        record Joined(long action, int partition, long offset, long ms) implements Fact {}

        record Applied(ServedVersion version) implements Fact {}
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void everyOrderEndsInTheSameTruth(long seed) {
        Random random = new Random(seed);
        for (int round = 0; round < ROUNDS; round++) {
            run(interleave(streams(random), random), random, "seed " + seed + ", round " + round);
        }
    }

    /** Each topic partition keeps its order, and so do the versions; nothing else does. */
    private static List<List<Fact>> streams(Random random) {
        List<Fact> versions = new ArrayList<>(List.of(new Fact.Applied(ServedVersion.NONE)));
        long[] offsets = new long[PARTITIONS];
        for (int v = 1; v <= VERSIONS; v++) {
            Map<Integer, Long> map = new HashMap<>();
            for (int p = 0; p < PARTITIONS; p++) {
                offsets[p] += random.nextInt(3);
                map.put(p, offsets[p]);
            }
            versions.add(new Fact.Applied(new ServedVersion(v, 100 + v, 200 + v, 0, map, 0, 0, 0, 0)));
        }
        List<Fact> posts = new ArrayList<>();
        List<Fact> letters = new ArrayList<>();
        List<List<Fact>> samples = List.of(new ArrayList<>(), new ArrayList<>());
        for (long action = 1; action <= ACTIONS; action++) {
            facts(action, random, posts, letters, samples);
        }
        return List.of(versions, posts, letters, samples.get(0), samples.get(1));
    }

    private static void facts(
            long action, Random random, List<Fact> posts, List<Fact> letters, List<List<Fact>> samples) {
        posts.add(new Fact.Accepted(action, 10 + random.nextInt(2)));
        if (random.nextInt(4) == 0) {
            posts.add(new Fact.Accepted(action, 10 + random.nextInt(3)));
            letters.add(new Fact.Ended(action, Status.DUPLICATE, 10 + random.nextInt(3)));
        }
        if (random.nextInt(4) == 0) {
            Status[] ends = {Status.LATE, Status.ORPHAN, Status.IGNORED};
            letters.add(new Fact.Ended(action, ends[random.nextInt(ends.length)], 10));
        }
        if (random.nextInt(3) > 0) {
            int partition = random.nextInt(PARTITIONS);
            List<Fact> stream = samples.get(partition);
            stream.add(new Fact.Joined(action, partition, stream.size(), 50 + action));
        }
    }

    private static List<Fact> interleave(List<List<Fact>> streams, Random random) {
        List<List<Fact>> rest = new ArrayList<>();
        streams.forEach(s -> rest.add(new ArrayList<>(s)));
        List<Fact> order = new ArrayList<>();
        rest.removeIf(List::isEmpty);
        while (!rest.isEmpty()) {
            order.add(rest.get(random.nextInt(rest.size())).removeFirst());
            rest.removeIf(List::isEmpty);
        }
        return order;
    }

    private static void run(List<Fact> order, Random random, String where) {
        List<Trace> finished = new ArrayList<>();
        TraceIndex index = new TraceIndex(1000, (model, trace) -> finished.add(trace));
        List<Fact> told = new ArrayList<>();
        Map<Long, CompletableFuture<Trace>> waiting = new HashMap<>();
        for (Fact fact : order) {
            tell(index, fact);
            told.add(fact);
            for (long action = 1; action <= ACTIONS; action++) {
                assertEquals(oracle(action, told), index.find(action).orElse(null), where + ", action " + action);
            }
            long any = 1L + random.nextInt(ACTIONS);
            index.when(any, Status.SERVED).ifPresent(f -> waiting.putIfAbsent(any, f));
        }
        waiting.forEach((action, future) -> {
            boolean settled = index.find(action).orElseThrow().status().satisfies(Status.SERVED);
            assertEquals(settled || future.isDone(), future.isDone(), where + ", waiter of " + action);
        });
        long complete = 0;
        for (long action = 1; action <= ACTIONS; action++) {
            Trace trace = oracle(action, told);
            complete += trace != null && trace.status() == Status.SERVED ? 1 : 0;
        }
        assertEquals(complete, finished.size(), where);
    }

    private static void tell(TraceIndex index, Fact fact) {
        switch (fact) {
            case Fact.Accepted a -> index.accepted(a.action(), 5, a.ms());
            case Fact.Ended e -> index.ended(e.action(), e.end(), e.ms());
            case Fact.Joined j ->
                index.joined(j.action(), new Place("movies", j.partition(), j.offset(), true), j.ms());
            case Fact.Applied v -> index.applied("movies", v.version());
        }
    }

    private static @org.jspecify.annotations.Nullable Trace oracle(long action, List<Fact> told) {
        long accepted = Long.MAX_VALUE;
        Status end = null;
        long endMs = Long.MAX_VALUE;
        Fact.Joined joined = null;
        for (Fact fact : told) {
            if (fact instanceof Fact.Accepted a && a.action() == action) {
                accepted = Math.min(accepted, a.ms());
            } else if (fact instanceof Fact.Joined j && j.action() == action) {
                joined = j;
            } else if (fact instanceof Fact.Ended e && e.action() == action) {
                endMs = end == null || e.end().ordinal() < end.ordinal() ? e.ms() : endMs;
                end = end == null || e.end().ordinal() < end.ordinal() ? e.end() : end;
            }
        }
        if (accepted == Long.MAX_VALUE && end == null && joined == null) {
            return null;
        }
        long acceptedMs = accepted == Long.MAX_VALUE ? 0 : accepted;
        if (joined != null) {
            return joinedTrace(acceptedMs, joined, told);
        }
        boolean laterCopy = end == Status.DUPLICATE && acceptedMs != 0 && acceptedMs < endMs;
        return new Trace(end == null || laterCopy ? Status.ACCEPTED : end, acceptedMs, 0, 0, 0, 0);
    }

    private static Trace joinedTrace(long acceptedMs, Fact.Joined joined, List<Fact> told) {
        for (Fact fact : told) {
            if (fact instanceof Fact.Applied v
                    && v.version().sampleOffsets().getOrDefault(joined.partition(), 0L) > joined.offset()) {
                ServedVersion by = v.version();
                return new Trace(Status.SERVED, acceptedMs, joined.ms(), by.learnedMs(), by.appliedMs(), by.sequence());
            }
        }
        return new Trace(Status.JOINED, acceptedMs, joined.ms(), 0, 0, 0);
    }
}
