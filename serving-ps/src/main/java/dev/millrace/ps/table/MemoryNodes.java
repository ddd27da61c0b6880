package dev.millrace.ps.table;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** The machine's memory nodes (NUMA), so that each shard's table lies in one and the shards spread over all. */
public final class MemoryNodes {
    /** A table that may lie anywhere. */
    public static final int ANY = -1;

    /** Most nodes that are told apart; the kernel's own limit on common builds. */
    static final int MAX = 1024;

    private static final Path NODES = Path.of("/sys/devices/system/node");
    private static final String PREFIX = "node";
    private static final List<Integer> FOUND = read(NODES);

    private MemoryNodes() {}

    /** The node of a shard's table; {@link #ANY} on a machine that has one node only, or does not say. */
    public static int of(int shard) {
        return of(shard, FOUND);
    }

    static int of(int shard, List<Integer> nodes) {
        return nodes.size() < 2 ? ANY : nodes.get(Math.floorMod(shard, nodes.size()));
    }

    static List<Integer> read(Path folder) {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.map(entry -> entry.getFileName().toString())
                    .filter(name -> name.matches(PREFIX + "\\d{1,4}"))
                    .map(name -> Integer.valueOf(name.substring(PREFIX.length())))
                    .filter(node -> node < MAX)
                    .sorted(Comparator.naturalOrder())
                    .toList();
        } catch (IOException e) {
            return List.of();
        }
    }
}
