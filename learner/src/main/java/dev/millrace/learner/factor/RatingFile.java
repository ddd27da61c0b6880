package dev.millrace.learner.factor;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Ratings in columns on disk, mapped, little endian, version 1:
 *
 * <pre>
 *  u8×8 "MRRATE01" · i32 users · i32 items · i64 ratings · i32 levels · f32 value[levels], ascending
 *  blocks of up to {@value #BLOCK} ratings: i32 user[n] · i32 item[n] · u8 level[n] · padded to 4 bytes
 * </pre>
 *
 * Closing unmaps. Any thread may read.
 */
public final class RatingFile implements AutoCloseable {
    static final int BLOCK = 1 << 20;

    private static final byte[] MAGIC = "MRRATE01".getBytes(java.nio.charset.StandardCharsets.US_ASCII);
    private static final int FIXED = 8 + 2 * Integer.BYTES + Long.BYTES + Integer.BYTES;
    private static final int MAX_LEVELS = 256;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final Arena arena;
    private final MemorySegment file;
    private final int users;
    private final int items;
    private final long ratings;
    private final float[] levels;

    private RatingFile(Arena arena, MemorySegment file, ByteBuffer head, Path path) {
        this.arena = arena;
        this.file = file;
        users = head.getInt();
        items = head.getInt();
        ratings = head.getLong();
        int count = head.getInt();
        if (users < 1 || items < 1 || ratings < 1 || count < 1 || count > MAX_LEVELS) {
            throw new IllegalArgumentException(path + ": " + users + " users, " + items + " items, " + ratings
                    + " ratings of " + count + " values are no ratings");
        }
        levels = new float[count];
        for (int i = 0; i < count && head.remaining() >= Float.BYTES; i++) {
            levels[i] = head.getFloat();
        }
        if (start(blocks()) != file.byteSize()) {
            throw new IllegalArgumentException(path + ": is " + file.byteSize() + " bytes, and should be "
                    + start(blocks()) + "; it was cut short, write it again");
        }
    }

    /** @throws IllegalArgumentException when it is no such file */
    public static RatingFile open(Path path) throws IOException {
        Arena arena = Arena.ofShared();
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            MemorySegment file = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
            ByteBuffer head = file.asSlice(0, Math.min(file.byteSize(), FIXED + MAX_LEVELS * Float.BYTES))
                    .asByteBuffer()
                    .order(ByteOrder.LITTLE_ENDIAN);
            byte[] magic = new byte[MAGIC.length];
            if (head.remaining() >= FIXED) {
                head.get(magic);
            }
            if (!java.util.Arrays.equals(magic, MAGIC)) {
                throw new IllegalArgumentException(path + ": is no file of ratings of a known version");
            }
            return new RatingFile(arena, file, head, path);
        } catch (IOException | RuntimeException e) {
            arena.close();
            throw e;
        }
    }

    public int users() {
        return users;
    }

    public int items() {
        return items;
    }

    public long ratings() {
        return ratings;
    }

    /** The values that ratings have. */
    public float[] levels() {
        return levels.clone();
    }

    int blocks() {
        return (int) Math.ceilDiv(ratings, (long) BLOCK);
    }

    int size(int block) {
        return (int) Math.min(BLOCK, ratings - (long) block * BLOCK);
    }

    private long start(int block) {
        long whole = FIXED + (long) levels.length * Float.BYTES;
        if (block == blocks()) {
            return start(block - 1) + bytes(size(block - 1));
        }
        return whole + block * bytes(BLOCK);
    }

    private static long bytes(int n) {
        return 2L * Integer.BYTES * n + Math.ceilDiv(n, 4) * 4L;
    }

    /** Copies a part of a block's columns. */
    void read(int block, int from, int count, int[] user, int[] item, byte[] level) {
        int n = size(block);
        long at = start(block);
        MemorySegment.copy(file, INT, at + 4L * from, user, 0, count);
        MemorySegment.copy(file, INT, at + 4L * (n + from), item, 0, count);
        MemorySegment.copy(file, ValueLayout.JAVA_BYTE, at + 8L * n + from, level, 0, count);
    }

    @Override
    public void close() {
        arena.close();
    }

    /** Writes such a file, a block at a time; one thread. */
    public static final class Writer implements AutoCloseable {
        private final FileChannel channel;
        private final int users;
        private final int items;
        private final float[] levels;
        private final int[] user = new int[BLOCK];
        private final int[] item = new int[BLOCK];
        private final byte[] level = new byte[BLOCK];
        private int size;
        private long written;

        /** @param levels the values that ratings may have, ascending, at most 256 */
        public Writer(Path path, int users, int items, float[] levels) throws IOException {
            if (levels.length < 1 || levels.length > MAX_LEVELS) {
                throw new IllegalArgumentException(levels.length + " values of ratings; at most " + MAX_LEVELS);
            }
            this.users = users;
            this.items = items;
            this.levels = levels.clone();
            channel = FileChannel.open(
                    path,
                    StandardOpenOption.CREATE,
                    StandardOpenOption.TRUNCATE_EXISTING,
                    StandardOpenOption.READ,
                    StandardOpenOption.WRITE);
            header();
        }

        private void header() throws IOException {
            ByteBuffer head = buffer(FIXED + levels.length * Float.BYTES);
            head.put(MAGIC).putInt(users).putInt(items).putLong(written).putInt(levels.length);
            for (float value : levels) {
                head.putFloat(value);
            }
            channel.position(0);
            write(head.flip());
        }

        /** @param levelIndex which of the levels */
        public void add(int userId, int itemId, int levelIndex) throws IOException {
            if (userId < 0 || userId >= users || itemId < 0 || itemId >= items || levelIndex >= levels.length) {
                throw new IllegalArgumentException("rating of user %d of %d, item %d of %d, value %d of %d"
                        .formatted(userId, users, itemId, items, levelIndex, levels.length));
            }
            user[size] = userId;
            item[size] = itemId;
            level[size++] = (byte) levelIndex;
            if (size == BLOCK) {
                flush();
            }
        }

        private void flush() throws IOException {
            ByteBuffer block = buffer((int) bytes(size));
            block.asIntBuffer().put(user, 0, size).put(item, 0, size);
            block.position(2 * Integer.BYTES * size);
            block.put(level, 0, size);
            write(block.clear());
            written += size;
            size = 0;
        }

        private static ByteBuffer buffer(int bytes) {
            return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
        }

        private void write(ByteBuffer bytes) throws IOException {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        }

        @Override
        public void close() throws IOException {
            try (channel) {
                if (size > 0) {
                    flush();
                }
                header();
            }
        }
    }
}
