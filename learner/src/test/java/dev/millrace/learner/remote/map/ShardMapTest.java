package dev.millrace.learner.remote.map;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.millrace.ps.wire.Endpoint;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

class ShardMapTest {
    private static final List<Endpoint> HERE = List.of(Endpoint.unix("/run/a"), Endpoint.tcp("10.0.0.1", 7070));

    @Test
    void anOwnerOfALowerEpochDoesNotCount() {
        ShardMap map = ShardMap.EMPTY
                .with(1, 0, new ShardMap.Owner(HERE, 5, 1))
                .with(2, 0, new ShardMap.Owner(List.of(Endpoint.tcp("10.0.0.2", 7070)), 4, 2));
        assertEquals(2, map.version());
        assertEquals(new ShardMap.Owner(HERE, 5, 1), map.owner(0));
    }

    @Test
    void bytesAreAFossil() {
        byte[] value = ShardMapCodec.value(HERE, 9);
        assertEquals(
                "01" + "0900000000000000" + "02" + "0b00" + "756e69783a2f72756e2f61" + "1300"
                        + "7463703a2f2f31302e302e302e313a37303730",
                HexFormat.of().formatHex(value));
        assertEquals(new ShardMap.Owner(HERE, 9, 3), ShardMapCodec.owner(value, 3));
        assertEquals(7, ShardMapCodec.shard(ShardMapCodec.key(7)));
    }

    @Test
    void bytesThatAreCutShortOrOfAnotherVersionAreRefused() {
        byte[] value = ShardMapCodec.value(HERE, 9);
        for (int length = 0; length < value.length; length++) {
            byte[] cut = Arrays.copyOf(value, length);
            assertThrows(IllegalArgumentException.class, () -> ShardMapCodec.owner(cut, 0));
        }
        value[0] = 2;
        assertThrows(IllegalArgumentException.class, () -> ShardMapCodec.owner(value, 0));
    }
}
