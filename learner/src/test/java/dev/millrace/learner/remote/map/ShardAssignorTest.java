package dev.millrace.learner.remote.map;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ps.serve.ShardSet;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.GroupSubscription;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.Subscription;
import org.apache.kafka.common.Cluster;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

class ShardAssignorTest {
    private static final String TOPIC = "millrace.deltas.m";

    private final Map<String, Set<Integer>> owned = new TreeMap<>();
    private final Map<String, ShardSet> mayOwn = new HashMap<>();

    private void member(String id, String shards) {
        mayOwn.put(id, ShardSet.parse(shards));
        owned.put(id, Set.of());
    }

    /** One round of the group; what each has afterwards. */
    private Map<String, Set<Integer>> round(int shards) {
        Map<String, Subscription> subscriptions = new HashMap<>();
        owned.forEach((id, has) -> subscriptions.put(
                id,
                new Subscription(
                        List.of(TOPIC),
                        data(mayOwn.getOrDefault(id, ShardSet.ALL)),
                        has.stream().map(s -> new TopicPartition(TOPIC, s)).toList())));
        Map<String, Set<Integer>> given = new TreeMap<>();
        new ShardAssignor()
                .assign(cluster(shards), new GroupSubscription(subscriptions))
                .groupAssignment()
                .forEach((id, assignment) -> {
                    Set<Integer> mine = new HashSet<>();
                    assignment.partitions().forEach(tp -> mine.add(tp.partition()));
                    given.put(id, mine);
                });
        return given;
    }

    /** Rounds until nothing changes; at no time has a shard two owners. */
    private void settle(int shards) {
        for (int i = 0; i < 5; i++) {
            Map<String, Set<Integer>> before = new TreeMap<>(owned);
            Map<String, Set<Integer>> given = round(shards);
            given.forEach((id, mine) -> mine.forEach(shard -> before.forEach((other, has) -> assertTrue(
                    other.equals(id) || !has.contains(shard), "shard " + shard + " is given before it is given up"))));
            owned.putAll(given);
            if (given.equals(before)) {
                return;
            }
        }
        assertEquals(round(shards), owned, "it does not come to rest");
    }

    private static ByteBuffer data(ShardSet shards) {
        ShardAssignor assignor = new ShardAssignor();
        assignor.configure(Map.of(ShardAssignor.MAY_OWN, shards));
        return assignor.subscriptionUserData(Set.of(TOPIC));
    }

    private static Cluster cluster(int shards) {
        List<PartitionInfo> partitions = new ArrayList<>();
        for (int shard = 0; shard < shards; shard++) {
            partitions.add(new PartitionInfo(TOPIC, shard, Node.noNode(), new Node[0], new Node[0]));
        }
        return new Cluster("c", List.of(), partitions, Set.of(), Set.of());
    }

    @Test
    void shardsAreSharedEvenly() {
        member("a", "all");
        member("b", "all");
        settle(8);
        assertEquals(4, owned.getOrDefault("a", Set.of()).size());
        assertEquals(4, owned.getOrDefault("b", Set.of()).size());
    }

    @Test
    void aNewProcessGetsItsShareAndTheOthersKeepTheRest() {
        member("a", "all");
        settle(4);
        assertEquals(Set.of(0, 1, 2, 3), owned.get("a"));
        member("b", "all");
        Map<String, Set<Integer>> first = round(4);
        assertEquals(Set.of(), first.get("b"), "not before the first has given them up");
        settle(4);
        assertEquals(2, owned.getOrDefault("a", Set.of()).size());
        assertEquals(2, owned.getOrDefault("b", Set.of()).size());
    }

    @Test
    void aShardGoesOnlyToWhomItMayBelong() {
        member("a", "0-1");
        member("b", "2");
        settle(4);
        assertEquals(Set.of(0, 1), owned.get("a"));
        assertEquals(Set.of(2), owned.get("b"));
    }

    @Test
    void comingsAndGoingsLeaveEveryShardWithOneOwner() {
        long seed = 9;
        Random random = new Random(seed);
        for (int step = 0; step < 200; step++) {
            if (owned.size() < 2 || random.nextBoolean()) {
                member("p" + step, "all");
            } else {
                owned.remove(owned.keySet().iterator().next());
            }
            settle(7);
            Set<Integer> all = new HashSet<>();
            owned.values().forEach(all::addAll);
            assertEquals(7, all.size(), "seed " + seed + " step " + step);
            assertEquals(7, owned.values().stream().mapToInt(Set::size).sum(), "seed " + seed + " step " + step);
        }
    }
}
