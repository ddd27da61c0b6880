package dev.millrace.learner.remote.map;

import dev.millrace.ps.serve.ShardSet;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor;
import org.apache.kafka.common.Cluster;
import org.apache.kafka.common.Configurable;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Gives shards, which are the partitions of the delta topic, to processes, within what each may own: a shard stays where
 * it is while its owner may have it and does not have more than its share; the others go to whoever may have them and has
 * least. A shard that moves is left out for one round, until its owner has given it up (Kafka's cooperative protocol).
 */
public final class ShardAssignor implements ConsumerPartitionAssignor, Configurable {
    /** Consumer property: a {@link ShardSet} that this process may own; absent: all. */
    public static final String MAY_OWN = "millrace.shards";

    private ShardSet mayOwn = ShardSet.ALL;

    @Override
    public void configure(Map<String, ?> configs) {
        if (configs.get(MAY_OWN) instanceof ShardSet shards) {
            mayOwn = shards;
        }
    }

    @Override
    public String name() {
        return "millrace-shards";
    }

    @Override
    public List<RebalanceProtocol> supportedProtocols() {
        return List.of(RebalanceProtocol.COOPERATIVE);
    }

    @Override
    public ByteBuffer subscriptionUserData(Set<String> topics) {
        return StandardCharsets.US_ASCII.encode(mayOwn.toString());
    }

    private static final class Member {
        private final ShardSet mayOwn;
        private final Set<TopicPartition> before;
        private final Set<TopicPartition> target = new HashSet<>();

        Member(Subscription subscription) {
            ByteBuffer data = subscription.userData();
            this.mayOwn = data == null
                    ? ShardSet.ALL
                    : ShardSet.parse(
                            StandardCharsets.US_ASCII.decode(data.duplicate()).toString());
            this.before = Set.copyOf(subscription.ownedPartitions());
        }

        boolean mayOwn(TopicPartition shard) {
            return mayOwn.contains(shard.partition());
        }
    }

    @Override
    public GroupAssignment assign(Cluster metadata, GroupSubscription subscriptions) {
        SortedMap<String, Member> members = new TreeMap<>();
        Set<String> topics = new HashSet<>();
        subscriptions.groupSubscription().forEach((id, subscription) -> {
            members.put(id, new Member(subscription));
            topics.addAll(subscription.topics());
        });
        List<TopicPartition> shards = new ArrayList<>();
        for (String topic : topics) {
            for (int shard = 0; shard < partitions(metadata, topic); shard++) {
                shards.add(new TopicPartition(topic, shard));
            }
        }
        assign(shards, members);
        Map<String, Assignment> assignments = new HashMap<>();
        members.forEach((id, member) -> assignments.put(id, new Assignment(withoutMoving(member, members))));
        return new GroupAssignment(assignments);
    }

    private static int partitions(Cluster metadata, String topic) {
        Integer count = metadata.partitionCountForTopic(topic);
        return count == null ? 0 : count;
    }

    private static void assign(List<TopicPartition> shards, SortedMap<String, Member> members) {
        int share = members.isEmpty() ? 0 : (shards.size() + members.size() - 1) / members.size();
        List<TopicPartition> free = new ArrayList<>();
        for (TopicPartition shard : shards) {
            Member owner = owner(shard, members);
            if (owner != null && owner.target.size() < share) {
                owner.target.add(shard);
            } else {
                free.add(shard);
            }
        }
        for (TopicPartition shard : free) {
            members.values().stream()
                    .filter(member -> member.mayOwn(shard))
                    .min(Comparator.comparingInt((Member member) -> member.target.size())
                            .thenComparing(member -> member.before.contains(shard) ? 0 : 1))
                    .ifPresent(member -> member.target.add(shard));
        }
    }

    /** Who has it, if it still may. */
    private static @Nullable Member owner(TopicPartition shard, SortedMap<String, Member> members) {
        for (Member member : members.values()) {
            if (member.before.contains(shard) && member.mayOwn(shard)) {
                return member;
            }
        }
        return null;
    }

    private static List<TopicPartition> withoutMoving(Member member, SortedMap<String, Member> members) {
        return member.target.stream()
                .filter(shard -> member.before.contains(shard)
                        || members.values().stream().noneMatch(other -> other.before.contains(shard)))
                .sorted(Comparator.comparing(TopicPartition::topic).thenComparingInt(TopicPartition::partition))
                .toList();
    }
}
