package dev.millrace.api.log;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.apache.kafka.common.TopicPartition;

/** How far each partition has been read, over one consumer after another. The tail's thread only. */
final class TailPositions {
    private final Map<TopicPartition, Long> next = new HashMap<>();
    private final Map<TopicPartition, Long> ends = new HashMap<>();
    private final Map<TopicPartition, Stop> stops = new HashMap<>();

    /** How often in a row reading ended with the partition at the offset. */
    private record Stop(long offset, int times) {}

    /** The first end that is told divides what stood on the log before from what is live. */
    void end(TopicPartition partition, long offset) {
        ends.putIfAbsent(partition, offset);
    }

    boolean live(TopicPartition partition, long offset) {
        return offset >= ends.getOrDefault(partition, 0L);
    }

    /** Everything before the offset has been told, or passed over. */
    void goOn(TopicPartition partition, long offset) {
        next.put(partition, offset);
    }

    /** Where to go on; empty before the first reading. */
    OptionalLong next(TopicPartition partition) {
        Long offset = next.get(partition);
        return offset == null ? OptionalLong.empty() : OptionalLong.of(offset);
    }

    /** Reading failed at one of the partitions. @return those that have stood still over so many failures in a row */
    List<TopicPartition> failed(int times) {
        List<TopicPartition> suspects = new ArrayList<>();
        next.forEach((partition, offset) -> {
            Stop before = stops.get(partition);
            Stop now = new Stop(offset, before != null && before.offset() == offset ? before.times() + 1 : 1);
            stops.put(partition, now);
            if (now.times() >= times) {
                suspects.add(partition);
            }
        });
        return suspects;
    }
}
