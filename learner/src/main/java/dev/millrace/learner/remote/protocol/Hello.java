package dev.millrace.learner.remote.protocol;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** Bodies of {@link Op#HELLO}: i32 n · { i32 partition · i64 epoch }, answered by incarnation and progress. */
public final class Hello {
    private static final int PER_ASKED = Integer.BYTES + Long.BYTES;
    private static final int PER_PROGRESS = Integer.BYTES + 2 * Long.BYTES;

    private Hello() {}

    /**
     * Where a shard is in a partition of the samples.
     *
     * @param applied the first record that its rows do not include
     * @param durable the same of its newest snapshot
     */
    public record Progress(int partition, long applied, long durable) {}

    /** @param incarnation of the shard; never 0 */
    public record Answer(long incarnation, List<Progress> progress) {
        public Answer {
            progress = List.copyOf(progress);
        }
    }

    public static int bytes(SortedMap<Integer, Long> epochs) {
        return Integer.BYTES + epochs.size() * PER_ASKED;
    }

    /** @param epochs of the learner's ownership, by partition: a later owner's is higher */
    public static void write(ByteBuffer target, SortedMap<Integer, Long> epochs) {
        target.putInt(epochs.size());
        epochs.forEach((partition, epoch) -> target.putInt(partition).putLong(epoch));
    }

    /** @throws IllegalArgumentException when the bytes are no such body */
    public static SortedMap<Integer, Long> read(ByteBuffer source) {
        SortedMap<Integer, Long> epochs = new TreeMap<>();
        for (int n = count(source, PER_ASKED); n > 0; n--) {
            epochs.put(source.getInt(), source.getLong());
        }
        return epochs;
    }

    public static int bytes(Answer answer) {
        return Long.BYTES + Integer.BYTES + answer.progress().size() * PER_PROGRESS;
    }

    public static void write(ByteBuffer target, Answer answer) {
        target.putLong(answer.incarnation()).putInt(answer.progress().size());
        for (Progress p : answer.progress()) {
            target.putInt(p.partition()).putLong(p.applied()).putLong(p.durable());
        }
    }

    /** @throws IllegalArgumentException when the bytes are no such body */
    public static Answer readAnswer(ByteBuffer source) {
        if (source.remaining() < Long.BYTES) {
            throw new IllegalArgumentException("an answer to hello of " + source.remaining() + " bytes");
        }
        long incarnation = source.getLong();
        List<Progress> progress = new ArrayList<>();
        for (int n = count(source, PER_PROGRESS); n > 0; n--) {
            progress.add(new Progress(source.getInt(), source.getLong(), source.getLong()));
        }
        return new Answer(incarnation, progress);
    }

    private static int count(ByteBuffer source, int bytesEach) {
        int n = source.remaining() < Integer.BYTES ? -1 : source.getInt();
        if (n < 0 || (long) n * bytesEach != source.remaining()) {
            throw new IllegalArgumentException("hello: " + n + " partitions in " + source.remaining() + " bytes");
        }
        return n;
    }
}
