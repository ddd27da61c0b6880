package dev.millrace.ps.remote;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Which processes serve which shards, as they said themselves. Immutable.
 *
 * @param shards of the model; the map's version
 * @param groups processes that serve the same shards, each shard in one group
 * @param groupOf shard → its group
 */
@SuppressWarnings("ArrayRecordComponent") // looked up, never compared
record ServingMap(int shards, List<Group> groups, int[] groupOf) {
    record Group(Set<Integer> shards, List<Peer> peers) {}

    /** What the processes say does not fit together, or not to this spec: somebody has to change the configuration. */
    static final class Unfit extends Exception {
        private static final long serialVersionUID = 1;

        final String what;

        Unfit(String what) {
            super(what);
            this.what = what;
        }
    }

    /**
     * Of the processes that answered.
     *
     * @throws Unfit on another spec, different numbers of shards, or shards that two processes share in part
     */
    static ServingMap of(String model, long fingerprint, List<Peer> peers) throws Unfit {
        Map<Set<Integer>, List<Peer>> byShards = new LinkedHashMap<>();
        int shards = 0;
        for (Peer peer : peers) {
            PullCodec.Hello hello = peer.hello();
            if (hello == null) {
                continue;
            }
            if (hello.fingerprint() != fingerprint) {
                throw new Unfit(peer + " serves another spec of model " + model);
            }
            if (shards != 0 && hello.shards() != shards) {
                throw new Unfit(
                        peer + " knows of " + hello.shards() + " shards of model " + model + ", others of " + shards);
            }
            shards = hello.shards();
            byShards.computeIfAbsent(Set.copyOf(hello.versions().keySet()), k -> new ArrayList<>())
                    .add(peer);
        }
        List<Group> groups = new ArrayList<>();
        int[] groupOf = new int[shards];
        java.util.Arrays.fill(groupOf, -1);
        for (Map.Entry<Set<Integer>, List<Peer>> entry : byShards.entrySet()) {
            for (int shard : new TreeSet<>(entry.getKey())) {
                if (groupOf[shard] >= 0) {
                    throw new Unfit(entry.getValue().getFirst() + " and "
                            + groups.get(groupOf[shard]).peers().getFirst() + " overlap in shard " + shard
                            + " but do not serve the same shards");
                }
                groupOf[shard] = groups.size();
            }
            groups.add(new Group(entry.getKey(), List.copyOf(entry.getValue())));
        }
        return new ServingMap(shards, List.copyOf(groups), groupOf);
    }

    /** Shards that nobody serves; all when nobody answered. */
    List<Integer> holes() {
        List<Integer> holes = new ArrayList<>();
        for (int shard = 0; shard < shards; shard++) {
            if (groupOf[shard] < 0) {
                holes.add(shard);
            }
        }
        return holes;
    }

    boolean isWhole() {
        return shards > 0 && holes().isEmpty();
    }
}
