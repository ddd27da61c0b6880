package dev.millrace.ps.delta;

import dev.millrace.ingest.hostile.Hostile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Deltas of every version, given {@link Hostile} bytes, half of them with a checksum that matches. */
class DeltaHostileTest {
    static final Hostile.Target DELTAS = Hostile.Target.of(
                    DeltaCodec::decode, fossils(), IllegalArgumentException.class)
            .mending(DeltaHostileTest::checked);

    private static List<byte[]> fossils() {
        return Stream.of("v1", "v2-f32", "v2-f16", "v2-q2_13", "v3")
                .map(version -> Hostile.fossil(DeltaHostileTest.class, "delta-" + version + ".bin"))
                .toList();
    }

    private static byte[] checked(byte[] bytes) {
        if (bytes.length < Integer.BYTES) {
            return bytes;
        }
        byte[] checked = bytes.clone();
        CRC32C crc = new CRC32C();
        crc.update(checked, 0, checked.length - Integer.BYTES);
        ByteBuffer.wrap(checked).order(ByteOrder.LITTLE_ENDIAN).putInt(checked.length - Integer.BYTES, (int)
                crc.getValue());
        return checked;
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2})
    void everyDeltaIsReadOrRefused(long seed) {
        Hostile.attack(DELTAS, seed, 20_000);
    }
}
