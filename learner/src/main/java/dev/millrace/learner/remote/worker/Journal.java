package dev.millrace.learner.remote.worker;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The latest pushes, byte for byte, written before any shard is sent its part: a shard that restarts from a snapshot gets
 * the same bytes again. Files of bounded size and number; the oldest go. It is not forced to disk: a machine that loses
 * it costs reading samples again, and nothing else.
 *
 * <pre>
 *  record  i32 bytes · i32 CRC32C of the rest · i32 partition · i32 shards · i64 first · i64 next
 *          i32 length[shards] · push[shards]
 * </pre>
 *
 * <p>Entries of a partition stand in unbroken order of records. One that begins elsewhere replaces those behind its
 * beginning: the samples were read again. One thread.
 */
public final class Journal implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Journal.class);
    private static final String PREFIX = "pushes-";
    private static final int PREFIX_BYTES = 2 * Integer.BYTES;
    private static final int FIXED = 2 * Integer.BYTES + 2 * Long.BYTES;

    private final Path dir;
    private final int shards;
    private final long maxBytes;
    private final long segmentBytes;
    private final Deque<Segment> segments = new ArrayDeque<>();
    /** By sequence, in the order in which they were written. */
    private final TreeMap<Long, Entry> entries = new TreeMap<>();
    /** By partition and first record. */
    private final Map<Integer, TreeMap<Long, Entry>> byPartition = new HashMap<>();

    private long nextSequence;

    /** @param sequence in the order of writing */
    public record Entry(long sequence, int partition, long first, long next, Segment segment, long at, int[] ends) {}

    /** One file. */
    public static final class Segment {
        private final Path file;
        private final FileChannel channel;
        private final long firstSequence;
        private long size;

        Segment(Path file, FileChannel channel, long firstSequence) {
            this.file = file;
            this.channel = channel;
            this.firstSequence = firstSequence;
        }
    }

    private Journal(Path dir, int shards, long maxBytes, long segmentBytes) {
        this.dir = dir;
        this.shards = shards;
        this.maxBytes = maxBytes;
        this.segmentBytes = segmentBytes;
    }

    /** Reads what is there; what is torn at the end of a file was never sent, and is cut off. */
    public static Journal open(Path dir, int shards, long maxBytes, long segmentBytes) throws IOException {
        Files.createDirectories(dir);
        Journal journal = new Journal(dir, shards, maxBytes, segmentBytes);
        List<Path> files;
        try (Stream<Path> found = Files.list(dir)) {
            files = found.filter(f -> f.getFileName().toString().startsWith(PREFIX))
                    .sorted()
                    .toList();
        }
        for (Path file : files) {
            journal.read(file);
        }
        return journal;
    }

    private void read(Path file) throws IOException {
        FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
        Segment segment = new Segment(file, channel, nextSequence);
        segments.add(segment);
        ByteBuffer record = readRecord(channel, segment.size);
        while (record != null) {
            index(segment, record);
            segment.size += PREFIX_BYTES + record.limit();
            record = readRecord(channel, segment.size);
        }
        if (segment.size < channel.size()) {
            LOG.info("{}: {} bytes at its end are torn and cut off", file, channel.size() - segment.size);
            channel.truncate(segment.size);
        }
    }

    private @Nullable ByteBuffer readRecord(FileChannel channel, long at) throws IOException {
        ByteBuffer prefix = readFully(channel, at, PREFIX_BYTES);
        if (prefix == null) {
            return null;
        }
        int bytes = prefix.getInt(0);
        if (bytes < FIXED || bytes > channel.size() - at - PREFIX_BYTES) {
            return null;
        }
        ByteBuffer record = readFully(channel, at + PREFIX_BYTES, bytes);
        return record != null && checksum(record) == prefix.getInt(Integer.BYTES) ? record : null;
    }

    private static @Nullable ByteBuffer readFully(FileChannel channel, long at, int bytes) throws IOException {
        ByteBuffer target = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
        while (target.hasRemaining()) {
            if (channel.read(target, at + target.position()) < 0) {
                return null;
            }
        }
        return target.flip();
    }

    private static int checksum(ByteBuffer record) {
        CRC32C crc = new CRC32C();
        crc.update(record.duplicate());
        return (int) crc.getValue();
    }

    private Entry index(Segment segment, ByteBuffer record) {
        int partition = record.getInt(0);
        int parts = record.getInt(4);
        if (parts != shards) {
            throw new IllegalStateException(segment.file + " was written for " + parts + " shards, the model has "
                    + shards + "; delete the folder of the journal: the samples are read again");
        }
        int[] ends = new int[shards + 1];
        ends[0] = FIXED + shards * Integer.BYTES;
        for (int shard = 0; shard < shards; shard++) {
            ends[shard + 1] = ends[shard] + record.getInt(FIXED + shard * Integer.BYTES);
        }
        var entry = new Entry(
                nextSequence++,
                partition,
                record.getLong(8),
                record.getLong(16),
                segment,
                segment.size + PREFIX_BYTES,
                ends);
        forgetFrom(partition, entry.first());
        entries.put(entry.sequence(), entry);
        byPartition.computeIfAbsent(partition, p -> new TreeMap<>()).put(entry.first(), entry);
        return entry;
    }

    /** Writes a batch's pushes, one a shard. */
    public Entry append(int partition, long first, long next, List<ByteBuffer> pushes) {
        int bytes = FIXED + shards * Integer.BYTES;
        for (ByteBuffer push : pushes) {
            bytes += push.remaining();
        }
        ByteBuffer record = ByteBuffer.allocate(PREFIX_BYTES + bytes).order(ByteOrder.LITTLE_ENDIAN);
        record.putInt(bytes).putInt(0);
        record.putInt(partition).putInt(shards).putLong(first).putLong(next);
        pushes.forEach(push -> record.putInt(push.remaining()));
        pushes.forEach(push -> record.put(push.duplicate()));
        record.flip();
        ByteBuffer rest = record.slice(PREFIX_BYTES, bytes).order(ByteOrder.LITTLE_ENDIAN);
        record.putInt(Integer.BYTES, checksum(rest));
        try {
            Segment segment = roomy();
            while (record.hasRemaining()) {
                segment.channel.write(record, segment.size + record.position());
            }
            Entry entry = index(segment, rest);
            segment.size += PREFIX_BYTES + bytes;
            trim();
            return entry;
        } catch (IOException e) {
            throw new UncheckedIOException("the journal in " + dir + " cannot be written", e);
        }
    }

    private Segment roomy() throws IOException {
        Segment last = segments.peekLast();
        if (last != null && last.size < segmentBytes) {
            return last;
        }
        int number = last == null ? 0 : 1 + number(last.file);
        Path file = dir.resolve(PREFIX + "%010d".formatted(number));
        Segment segment = new Segment(
                file,
                FileChannel.open(
                        file, StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE),
                nextSequence);
        segments.add(segment);
        return segment;
    }

    private static int number(Path file) {
        return Integer.parseInt(file.getFileName().toString().substring(PREFIX.length()));
    }

    private void trim() throws IOException {
        long total = segments.stream().mapToLong(s -> s.size).sum();
        while (total > maxBytes && segments.size() > 1) {
            Segment oldest = segments.removeFirst();
            total -= oldest.size;
            oldest.channel.close();
            Files.deleteIfExists(oldest.file);
            SortedMap<Long, Entry> gone = entries.headMap(segments.getFirst().firstSequence);
            gone.values().forEach(e -> of(e.partition()).remove(e.first(), e));
            gone.clear();
        }
    }

    private TreeMap<Long, Entry> of(int partition) {
        return byPartition.getOrDefault(partition, new TreeMap<>());
    }

    /** One shard's push, a buffer of its own. */
    public ByteBuffer push(Entry entry, int shard) {
        try {
            int bytes = entry.ends()[shard + 1] - entry.ends()[shard];
            ByteBuffer push = readFully(entry.segment().channel, entry.at() + entry.ends()[shard], bytes);
            if (push == null) {
                throw new IOException(entry.segment().file + " was cut short by somebody else");
            }
            return push;
        } catch (IOException e) {
            throw new UncheckedIOException("the journal in " + dir + " cannot be read", e);
        }
    }

    /** The first entry whose sequence is at least this; null: none. */
    public @Nullable Entry at(long sequence) {
        Map.Entry<Long, Entry> found = entries.ceilingEntry(sequence);
        return found == null ? null : found.getValue();
    }

    /** Sequence after the last entry's. */
    public long end() {
        return nextSequence;
    }

    /** Offset after the last record of a partition; −1: it has no entry. */
    public long end(int partition) {
        TreeMap<Long, Entry> of = of(partition);
        return of.isEmpty() ? -1 : of.lastEntry().getValue().next();
    }

    /** Whether the entries lead from this offset of a partition to their end. */
    public boolean leadsFrom(int partition, long offset) {
        return of(partition).containsKey(offset) || end(partition) == offset;
    }

    /** Sequence of the partition's entry that begins at this offset; that after the last where there is none. */
    public long sequenceOf(int partition, long first) {
        Entry entry = of(partition).get(first);
        return entry == null ? nextSequence : entry.sequence();
    }

    /**
     * Forgets the partition's entries from this offset on, and those before it too, unless they lead up to it. On disk
     * they stay until an entry of those records replaces them.
     */
    public void forgetFrom(int partition, long offset) {
        TreeMap<Long, Entry> of = of(partition);
        SortedMap<Long, Entry> replaced = of.tailMap(offset);
        replaced.values().forEach(e -> entries.remove(e.sequence()));
        replaced.clear();
        if (end(partition) != offset) {
            of.values().forEach(e -> entries.remove(e.sequence()));
            of.clear();
        }
    }

    @Override
    public void close() {
        for (Segment segment : segments) {
            try {
                segment.channel.close();
            } catch (IOException e) {
                LOG.warn("{} did not close: {}", segment.file, e.toString());
            }
        }
    }
}
