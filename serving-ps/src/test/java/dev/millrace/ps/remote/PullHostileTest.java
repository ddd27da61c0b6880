package dev.millrace.ps.remote;

import dev.millrace.ingest.hostile.Hostile;
import dev.millrace.ps.serve.ServedVersion;
import dev.millrace.ps.serve.ShardVersion;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What serving-ps answers to hello, given {@link Hostile} bytes. */
class PullHostileTest {
    static final Hostile.Target HELLOS = Hostile.Target.of(
            bytes -> PullCodec.readHello(ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN)),
            List.of(hello()),
            IllegalArgumentException.class);

    private static byte[] hello() {
        ShardVersion shard = new ShardVersion(7, 1, 1_000, Map.of(0, 42L, 1, 43L), 85, -9, 2);
        ServedVersion version = ServedVersion.of(List.of(shard, shard), 2_000, 2_001, 99);
        byte[] versions = PullCodec.versions(version, List.of(0, 1));
        var hello = new PullCodec.Hello(77, 2, true, 99, Map.of());
        ByteBuffer out = ByteBuffer.allocate(PullCodec.size(hello, versions)).order(ByteOrder.LITTLE_ENDIAN);
        PullCodec.write(hello, versions, out);
        return out.array();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2})
    void everyHelloIsReadOrRefused(long seed) {
        Hostile.attack(HELLOS, seed, 20_000);
    }
}
