package dev.millrace.ps.remote;

import dev.millrace.ps.serve.ServedVersion;
import dev.millrace.ps.serve.ShardVersion;
import dev.millrace.ps.serve.VersionCodec;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Bodies of the calls that {@code serving-ps} answers, little-endian unless said otherwise:
 *
 * <pre>
 *  HELLO  u8 format=1
 *      →  u8 format=1 · i64 fingerprint · i64 mapVersion · i32 shards in all · u8 caughtUp · i64 rows · versions
 *  PULL   i64 fingerprint · i64 mapVersion · i32 count · i64 key[count]
 *      →  i64 mapVersion · versions · f32 weight[count], of a model with embeddings f32 row[count][1 + dim]
 *  versions  i32 bytes · i32 served · { i32 shard · a version of that one shard as {@link VersionCodec}, big-endian }
 * </pre>
 *
 * The map's version is the number of shards in all: a key's shard depends on nothing else, and it only grows.
 */
final class PullCodec {
    static final int HELLO = 1;
    static final int PULL = 2;
    static final byte FORMAT = 1;

    /** Bytes of a pull's request without its keys. */
    static final int PULL_HEADER = 2 * Long.BYTES + Integer.BYTES;

    private static final int HELLO_HEADER = 2 + 3 * Long.BYTES + Integer.BYTES;

    private PullCodec() {}

    /** What one process serves. */
    record Hello(long fingerprint, int shards, boolean caughtUp, long rows, Map<Integer, Dated> versions) {
        Hello {
            versions = java.util.Collections.unmodifiableMap(new TreeMap<>(versions));
        }
    }

    /** A shard's version, when it was learned and when applied there. */
    record Dated(ShardVersion version, long learnedMs, long appliedMs) {}

    static int size(Hello hello, byte[] versions) {
        return HELLO_HEADER + versions.length;
    }

    static void write(Hello hello, byte[] versions, ByteBuffer out) {
        out.put(FORMAT).putLong(hello.fingerprint()).putLong(hello.shards()).putInt(hello.shards());
        out.put((byte) (hello.caughtUp() ? 1 : 0)).putLong(hello.rows());
        out.put(versions);
    }

    /** @throws IllegalArgumentException when it is no such answer */
    static Hello readHello(ByteBuffer in) {
        try {
            byte format = in.get();
            if (format != FORMAT) {
                throw new IllegalArgumentException("hello of format " + format + ", known is " + FORMAT);
            }
            long fingerprint = in.getLong();
            long mapVersion = in.getLong();
            int shards = in.getInt();
            boolean caughtUp = in.get() != 0;
            long rows = in.getLong();
            if (shards < 1 || mapVersion != shards) {
                throw new IllegalArgumentException("hello of " + shards + " shards, map version " + mapVersion);
            }
            return new Hello(fingerprint, shards, caughtUp, rows, readVersions(in));
        } catch (BufferUnderflowException e) {
            throw new IllegalArgumentException("hello cut short", e);
        }
    }

    /** The block {@code versions} of some shards of a version. */
    static byte[] versions(ServedVersion version, List<Integer> served) {
        int bytes = 2 * Integer.BYTES;
        List<ServedVersion> each = served.stream()
                .map(shard -> ServedVersion.of(
                        List.of(version.shards().get(shard)), version.learnedMs(), version.appliedMs(), 0))
                .toList();
        for (ServedVersion one : each) {
            bytes += Integer.BYTES + VersionCodec.size(one);
        }
        ByteBuffer out = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
        out.putInt(bytes - Integer.BYTES).putInt(served.size());
        for (int i = 0; i < served.size(); i++) {
            out.order(ByteOrder.LITTLE_ENDIAN).putInt(served.get(i));
            VersionCodec.write(each.get(i), out.order(ByteOrder.BIG_ENDIAN));
        }
        return out.array();
    }

    /** Reads the block and leaves the position behind it. */
    static Map<Integer, Dated> readVersions(ByteBuffer in) {
        int bytes = in.getInt();
        if (bytes < Integer.BYTES || bytes > in.remaining()) {
            throw new IllegalArgumentException("versions of " + bytes + " bytes in " + in.remaining());
        }
        ByteBuffer block = in.slice(in.position(), bytes);
        in.position(in.position() + bytes);
        Map<Integer, Dated> versions = new TreeMap<>();
        int served = block.order(ByteOrder.LITTLE_ENDIAN).getInt();
        for (int i = 0; i < served; i++) {
            int shard = block.order(ByteOrder.LITTLE_ENDIAN).getInt();
            ServedVersion one = VersionCodec.read(block.order(ByteOrder.BIG_ENDIAN));
            versions.put(shard, new Dated(one.shards().getFirst(), one.learnedMs(), one.appliedMs()));
        }
        return versions;
    }
}
