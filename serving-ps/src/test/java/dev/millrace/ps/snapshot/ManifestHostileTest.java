package dev.millrace.ps.snapshot;

import dev.millrace.ingest.hostile.Hostile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Manifests of snapshots, given {@link Hostile} bytes, half of them with a length and checksum that match. */
class ManifestHostileTest {
    private static final int MAGIC_BYTES = 8;

    static final Hostile.Target MANIFESTS = Hostile.Target.of(
                    bytes -> ManifestCodec.decode(ByteBuffer.wrap(bytes)), fossils(), SnapshotDamagedException.class)
            .mending(ManifestHostileTest::checked);

    private static List<byte[]> fossils() {
        return Stream.of("4", "5")
                .map(sequence ->
                        Hostile.fossil(ManifestHostileTest.class, "v2/snapshot-000000000000000000" + sequence + ".mrm"))
                .toList();
    }

    private static byte[] checked(byte[] bytes) {
        int end = bytes.length - Long.BYTES;
        if (end < MAGIC_BYTES + Integer.BYTES) {
            return bytes;
        }
        ByteBuffer out = ByteBuffer.wrap(bytes.clone()).order(ByteOrder.LITTLE_ENDIAN);
        out.putInt(MAGIC_BYTES, end - MAGIC_BYTES - Integer.BYTES);
        CRC32C crc = new CRC32C();
        crc.update(out.array(), 0, end);
        out.putLong(end, crc.getValue());
        return out.array();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2})
    void everyManifestIsReadOrRefused(long seed) {
        Hostile.attack(MANIFESTS, seed, 20_000);
    }
}
