package dev.millrace.ingest.source;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.SpecReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BlockFileTest {
    @TempDir
    Path dir;

    private Path text(int rows) throws IOException {
        Path folder = Files.createDirectories(dir.resolve("text"));
        for (int f = 0; f < 3; f++) {
            Files.writeString(
                    folder.resolve(f + ".csv"), BulkSourceTest.csv(BulkSourceTest.rows(rows * (f + 1), f), "\n"));
        }
        return folder;
    }

    private BlockConverter.Result convert(Path from, Path to, boolean inOrder)
            throws IOException, InterruptedException {
        try (DataFiles files = new FolderFiles(from)) {
            BulkSource source = BulkSource.open(files, BulkSourceTest.config(4096, 0), BulkSourceTest.SPEC);
            var config = new BlockConverter.Config(2, inOrder, 1 << 20);
            return new BlockConverter(source, BulkSourceTest.SPEC, to, config).run(bytes -> {});
        }
    }

    @Test
    void conversionKeepsEverySampleAndItsOrder() throws IOException, InterruptedException {
        Path text = text(400);
        BlockConverter.Result result = convert(text, dir.resolve("blocks"), true);
        List<String> expected = BulkSourceTest.read(text, 1 << 20);
        assertEquals(2400, result.samples());
        assertEquals(expected, BulkSourceTest.read(dir.resolve("blocks"), 1 << 20));
        assertTrue(result.bytes() < result.rawBytes());
        convert(text, dir.resolve("any"), false);
        List<String> any = new ArrayList<>(BulkSourceTest.read(dir.resolve("any"), 1 << 20));
        List<String> sorted = new ArrayList<>(expected);
        sorted.sort(null);
        any.sort(null);
        assertEquals(sorted, any);
        assertThrows(DataException.class, () -> convert(text, dir.resolve("any"), false));
    }

    @Test
    void aFailedConversionLeavesNothingHalf() throws IOException {
        Path text = text(10);
        Files.writeString(text.resolve("9.csv"), "label,user.id\n8,x\n");
        DataException failure = assertThrows(DataException.class, () -> convert(text, dir.resolve("blocks"), true));
        assertTrue(String.valueOf(failure.getMessage()).contains("between 0 and 1"));
        try (var left = Files.list(dir.resolve("blocks"))) {
            assertEquals(List.of(), left.toList());
        }
    }

    @Test
    void aDamagedFileIsRefused() throws IOException, InterruptedException {
        convert(text(50), dir.resolve("blocks"), true);
        Path file = dir.resolve("blocks/part-00000.mrb");
        byte[] whole = Files.readAllBytes(file);
        for (int at = 0; at < whole.length; at += whole.length / 50) {
            byte[] damaged = whole.clone();
            damaged[Math.max(8, at)] ^= 0x10;
            Files.write(file, damaged);
            assertThrows(DataException.class, () -> BulkSourceTest.read(file, 1 << 20), "byte " + at);
        }
        Files.write(file, java.util.Arrays.copyOf(whole, whole.length - 3));
        assertThrows(DataException.class, () -> BulkSourceTest.read(file, 1 << 20));
    }

    @Test
    void filesOfALogMustFitTogether() throws IOException {
        write("a.mrb", 0, 10);
        write("b.mrb", 10, 25);
        assertEquals(new TreeMap<>(java.util.Map.of(2, new BlockFile.Range(0, 25))), log());
        write("c.mrb", 26, 30);
        assertTrue(message().contains("leave a hole"));
        write("c.mrb", 24, 30);
        assertTrue(message().contains("overlap"));
    }

    private String message() {
        return String.valueOf(assertThrows(DataException.class, this::log).getMessage());
    }

    private void write(String name, long from, long to) throws IOException {
        try (BlockFileWriter out = new BlockFileWriter(dir.resolve(name), BulkSourceTest.SPEC)) {
            out.include(2, new BlockFile.Range(from, to));
            out.finish();
        }
    }

    private java.util.SortedMap<Integer, BlockFile.Range> log() throws IOException {
        try (DataFiles files = new FolderFiles(dir)) {
            return BulkSource.open(files, BulkSourceTest.config(4096, 0), BulkSourceTest.SPEC)
                    .log();
        }
    }

    @Test
    void otherSlotsAreRefusedAndAnotherOptimizerIsNot() throws IOException, InterruptedException {
        convert(text(5), dir.resolve("blocks"), true);
        ModelSpec other = SpecReader.parse("test", """
                model: other
                objective: logistic
                labels: {buy: 1}
                rewardWindow: 5s
                slots: {user: {type: category, from: user.id}}
                """);
        try (DataFiles files = new FolderFiles(dir.resolve("blocks"))) {
            DataException refused = assertThrows(
                    DataException.class, () -> BulkSource.open(files, BulkSourceTest.config(4096, 0), other));
            assertTrue(String.valueOf(refused.getMessage()).contains("convert the data again"));
        }
    }

    /** Version 1, as it was written once: it is read, and written again it has the same raw blocks. */
    @Test
    void readsTheCommittedFile() throws IOException {
        Path fossil = dir.resolve("fossil.mrb");
        try (InputStream in = Objects.requireNonNull(getClass().getResourceAsStream("blocks-v1.mrb"))) {
            Files.copy(in, fossil);
        }
        assertEquals(BulkSourceTest.expected(BulkSourceTest.rows(20, 7)), BulkSourceTest.read(fossil, 4096));
        try (DataFiles files = new FolderFiles(fossil)) {
            BulkSource source = BulkSource.open(files, BulkSourceTest.config(4096, 0), BulkSourceTest.SPEC);
            assertEquals(new BlockFile.Range(3, 23), source.log().get(1));
            SplitReader reader = source.reader();
            reader.open(source.splits().get(0));
            SampleBlock block = Objects.requireNonNull(reader.next());
            byte[] raw = new byte[dev.millrace.ingest.sample.ColumnarCodec.maxBytes(block)];
            var out = java.nio.ByteBuffer.wrap(raw).order(java.nio.ByteOrder.LITTLE_ENDIAN);
            dev.millrace.ingest.sample.ColumnarCodec.encode(block, out);
            java.util.zip.CRC32C crc = new java.util.zip.CRC32C();
            crc.update(raw, 0, out.position());
            assertArrayEquals(new long[] {FOSSIL_RAW}, new long[] {crc.getValue()});
        }
    }

    private static final long FOSSIL_RAW = 2992788254L;
}
