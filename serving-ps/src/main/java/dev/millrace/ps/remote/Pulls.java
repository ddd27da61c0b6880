package dev.millrace.ps.remote;

import dev.millrace.ps.model.ServingKeys;
import dev.millrace.ps.wire.FlatReply;
import dev.millrace.ps.wire.WireCode;
import dev.millrace.ps.wire.WireException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ThreadLocalRandom;

/** One request's keys, sorted by the group of processes that serves them, and their pulls. Belongs to one thread. */
final class Pulls {
    private final ServingMap map;
    private final long fingerprint;
    /** Floats of a row. */
    private final int width;
    /** Where each group's keys begin in {@link #sorted}; one more at the end. */
    private final int[] starts;

    private final long[] sorted;
    private final int[] places;
    private final float[] found;

    /** A process serves other shards than the map says. */
    static final class MapIsOld extends Exception {
        private static final long serialVersionUID = 1;

        MapIsOld(WireException cause) {
            super(cause);
        }
    }

    /** A pull on its way, and who else can be asked. */
    private record Asked(int group, List<Peer> others, CompletableFuture<FlatReply> answer) {}

    Pulls(ServingMap map, long fingerprint, ServingKeys shardOf, int width, long[] keys, int n) {
        this.width = width;
        this.map = map;
        this.fingerprint = fingerprint;
        int groups = map.groups().size();
        int[] groupOf = new int[n];
        starts = new int[groups + 1];
        for (int i = 0; i < n; i++) {
            groupOf[i] = map.groupOf()[shardOf.shardOf(keys[i], map.shards())];
            starts[groupOf[i] + 1]++;
        }
        for (int g = 0; g < groups; g++) {
            starts[g + 1] += starts[g];
        }
        int[] next = starts.clone();
        sorted = new long[n];
        places = new int[n];
        for (int i = 0; i < n; i++) {
            int at = next[groupOf[i]]++;
            sorted[at] = keys[i];
            places[at] = i;
        }
        found = new float[n * width];
    }

    /**
     * Asks all groups at once, those without keys for their versions.
     *
     * @throws WireException when a whole group fails
     */
    Map<Integer, PullCodec.Dated> gather(long endNs) throws MapIsOld {
        List<Asked> asked = new ArrayList<>();
        for (int g = 0; g < map.groups().size(); g++) {
            asked.add(ask(g, order(map.groups().get(g).peers()), endNs));
        }
        Map<Integer, PullCodec.Dated> versions = new TreeMap<>();
        for (int i = 0; i < asked.size(); i++) {
            try {
                await(asked.get(i), endNs, versions);
            } catch (WireException | MapIsOld e) {
                asked.subList(i + 1, asked.size()).forEach(Pulls::forget);
                throw e;
            }
        }
        return versions;
    }

    /** Those that are caught up first, any of them first. */
    private static List<Peer> order(List<Peer> peers) {
        if (peers.size() == 1) {
            return peers;
        }
        int first = ThreadLocalRandom.current().nextInt(peers.size());
        List<Peer> order = new ArrayList<>(peers.size());
        for (int pass = 0; pass < 2; pass++) {
            for (int i = 0; i < peers.size(); i++) {
                Peer peer = peers.get((first + i) % peers.size());
                if (peer.isCaughtUp() == (pass == 0)) {
                    order.add(peer);
                }
            }
        }
        return order;
    }

    /** The first of the order; it gets its share of the time that is left, so that the others can be asked too. */
    private Asked ask(int group, List<Peer> order, long endNs) {
        long shareNs = Math.max(1, (endNs - System.nanoTime()) / order.size());
        Duration share = Duration.ofNanos(Math.max(shareNs, 1_000_000));
        CompletableFuture<FlatReply> answer =
                order.getFirst().pull(fingerprint, map.shards(), sorted, starts[group], starts[group + 1], share);
        return new Asked(group, order.subList(1, order.size()), answer);
    }

    private void await(Asked first, long endNs, Map<Integer, PullCodec.Dated> versions) throws MapIsOld {
        Asked asked = first;
        while (true) {
            try (FlatReply reply = asked.answer().join()) {
                take(asked.group(), reply.body(), versions);
                return;
            } catch (CompletionException e) {
                if (!(e.getCause() instanceof WireException failure)) {
                    throw e;
                }
                if (failure.code() == WireCode.WRONG_MAP || failure.code() == WireCode.NOT_OWNER) {
                    throw new MapIsOld(failure);
                }
                if (asked.others().isEmpty() || System.nanoTime() - endNs >= 0) {
                    throw failure;
                }
                asked = ask(asked.group(), asked.others(), endNs);
            }
        }
    }

    private void take(int group, ByteBuffer body, Map<Integer, PullCodec.Dated> versions) {
        try {
            body.getLong();
            versions.putAll(PullCodec.readVersions(body));
            int n = starts[group + 1] - starts[group];
            if (body.remaining() != n * width * Float.BYTES) {
                throw new IllegalArgumentException(body.remaining() + " bytes of weights of " + n + " keys");
            }
            body.asFloatBuffer().get(found, starts[group] * width, n * width);
        } catch (IllegalArgumentException | java.nio.BufferUnderflowException e) {
            throw new WireException(WireCode.INTERNAL, "a serving-ps answers what is no pull's answer", e);
        }
    }

    private static void forget(Asked asked) {
        var unused = asked.answer().thenAccept(FlatReply::close);
    }

    /** In the order of the request. */
    void copyTo(float[] weights) {
        for (int i = 0; i < places.length; i++) {
            System.arraycopy(found, i * width, weights, places[i] * width, width);
        }
    }
}
