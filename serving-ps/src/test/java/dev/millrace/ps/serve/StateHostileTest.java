package dev.millrace.ps.serve;

import dev.millrace.ingest.hostile.Hostile;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The state of serving rows, and versions in it, given {@link Hostile} bytes. */
class StateHostileTest {
    static final Hostile.Target SERVING =
            Hostile.Target.of(StateCodec::decode, List.of(state(1), state(3)), IllegalArgumentException.class);

    private static byte[] state(int shards) {
        ShardVersion shard = new ShardVersion(7, 1, 1_000, Map.of(0, 42L, 1, 43L), 85, -9, 2);
        ServedVersion version = ServedVersion.of(java.util.Collections.nCopies(shards, shard), 2_000, 2_001, 99);
        return StateCodec.encode(new RowStore.State(version, 77, new long[shards]));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2})
    void everyStateIsReadOrRefused(long seed) {
        Hostile.attack(SERVING, seed, 20_000);
    }
}
