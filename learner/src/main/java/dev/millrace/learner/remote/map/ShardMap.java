package dev.millrace.learner.remote.map;

import dev.millrace.ps.wire.Endpoint;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Which process owns which shard.
 *
 * @param version offset after the last record of the map's topic that it contains: the same for whoever read that far
 */
public record ShardMap(long version, SortedMap<Integer, Owner> owners) {
    public static final ShardMap EMPTY = new ShardMap(0, new TreeMap<>());

    /**
     * @param endpoints where it listens, the fastest first
     * @param epoch of its ownership; a later owner's is higher
     * @param since version of the map that named it first
     */
    public record Owner(List<Endpoint> endpoints, long epoch, long since) {
        public Owner {
            endpoints = List.copyOf(endpoints);
        }
    }

    public ShardMap {
        owners = Collections.unmodifiableSortedMap(new TreeMap<>(owners));
    }

    /** Null: nobody has said yet. */
    public @Nullable Owner owner(int shard) {
        return owners.get(shard);
    }

    /** With the next record of the topic. An owner of a lower epoch than the known one does not count. */
    ShardMap with(long nextVersion, int shard, Owner owner) {
        SortedMap<Integer, Owner> next = new TreeMap<>(owners);
        next.merge(shard, owner, (known, later) -> later.epoch() < known.epoch() ? known : later);
        return new ShardMap(nextVersion, next);
    }
}
