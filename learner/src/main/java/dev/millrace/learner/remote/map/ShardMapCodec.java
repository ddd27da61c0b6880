package dev.millrace.learner.remote.map;

import dev.millrace.ps.wire.Endpoint;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Bytes of a record of the shard map, little endian. Key: i32 shard. Value, version 1:
 *
 * <pre>
 *  u8 version=1 · i64 epoch · u8 endpoints · { u16 length · endpoint, UTF-8 }
 * </pre>
 */
final class ShardMapCodec {
    private static final byte VERSION = 1;
    private static final int FIXED = 1 + Long.BYTES + 1;
    private static final int MAX_ENDPOINTS = 16;

    private ShardMapCodec() {}

    static byte[] key(int shard) {
        return ByteBuffer.allocate(Integer.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(shard)
                .array();
    }

    static byte[] value(List<Endpoint> endpoints, long epoch) {
        if (endpoints.isEmpty() || endpoints.size() > MAX_ENDPOINTS) {
            throw new IllegalArgumentException("1.." + MAX_ENDPOINTS + " endpoints, not " + endpoints.size());
        }
        List<byte[]> texts = endpoints.stream()
                .map(e -> e.toString().getBytes(StandardCharsets.UTF_8))
                .toList();
        int bytes = FIXED + texts.stream().mapToInt(t -> Short.BYTES + t.length).sum();
        ByteBuffer out = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
        out.put(VERSION).putLong(epoch).put((byte) texts.size());
        texts.forEach(text -> out.putShort((short) text.length).put(text));
        return out.array();
    }

    /** @throws IllegalArgumentException when the bytes are no key */
    static int shard(byte[] key) {
        if (key.length != Integer.BYTES) {
            throw new IllegalArgumentException("shard map: a key of " + key.length + " bytes");
        }
        return ByteBuffer.wrap(key).order(ByteOrder.LITTLE_ENDIAN).getInt();
    }

    /** @throws IllegalArgumentException when the bytes are no value of a known version */
    static ShardMap.Owner owner(byte[] value, long since) {
        ByteBuffer in = ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN);
        try {
            byte version = in.get();
            if (version != VERSION) {
                throw new IllegalArgumentException("shard map: version " + version + ", known is " + VERSION);
            }
            long epoch = in.getLong();
            List<Endpoint> endpoints = new ArrayList<>();
            for (int n = in.get(); n > 0; n--) {
                byte[] text = new byte[Short.toUnsignedInt(in.getShort())];
                in.get(text);
                endpoints.add(Endpoint.parse(new String(text, StandardCharsets.UTF_8)));
            }
            return new ShardMap.Owner(endpoints, epoch, since);
        } catch (BufferUnderflowException e) {
            throw new IllegalArgumentException("shard map: cut short at " + value.length + " bytes", e);
        }
    }
}
