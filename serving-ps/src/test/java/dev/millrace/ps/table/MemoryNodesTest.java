package dev.millrace.ps.table;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class MemoryNodesTest {
    @TempDir
    private Path dir = Path.of("");

    @Test
    void shardsGoRoundTheNodes() {
        assertEquals(MemoryNodes.ANY, MemoryNodes.of(3, List.of()));
        assertEquals(MemoryNodes.ANY, MemoryNodes.of(3, List.of(0)));
        assertEquals(2, MemoryNodes.of(0, List.of(2, 5)));
        assertEquals(5, MemoryNodes.of(3, List.of(2, 5)));
    }

    @Test
    void nodesAreReadAsTheKernelNamesThem() throws IOException {
        for (String name : List.of("node0", "node12", "node3", "possible", "nodes")) {
            Files.createDirectory(dir.resolve(name));
        }
        assertEquals(List.of(0, 3, 12), MemoryNodes.read(dir));
        assertEquals(List.of(), MemoryNodes.read(dir.resolve("none")));
    }

    /** The call itself: the first node is there on every machine that tells its nodes. */
    @Test
    @EnabledOnOs(OS.LINUX)
    void theSystemTakesAWishForANode() {
        OffHeapTable table = new OffHeapTable(RowLayout.FTRL, 1_000, 0);
        table.setFloat(table.findOrInsert(7), RowLayout.Z, 1f);
        assertEquals(1f, table.getFloat(table.find(7), RowLayout.Z));
        assertTrue(MappedMemory.preferNode(MappedMemory.reserve(1 << 16), 0) || MemoryNodes.of(0) == MemoryNodes.ANY);
    }
}
