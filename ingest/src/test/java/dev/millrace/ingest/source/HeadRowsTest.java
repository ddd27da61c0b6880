package dev.millrace.ingest.source;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.SpecReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rows of files label every head that they say something of. */
class HeadRowsTest {
    private static final String YAML = """
            model: m
            rewardWindow: 1s
            heads:
              click: {labels: {click: 1, skip: 0}}
              like: {labels: {like: 1, skip: 0}}
              watch: {objective: squared, labels: {watch: {perUnit: 1, atMost: 5}}}
            slots: {user: {type: category, from: user.id}, item: {type: category, from: item.id}}
            network: {type: widedeep, dim: 4, hidden: [8]}
            """;
    private static final ModelSpec SPEC = SpecReader.parse("test", YAML);

    private static final SourceConfig DEFAULTS = SourceConfig.defaults(1_000);

    @TempDir
    Path dir;

    /** A sample's labels with their weights; - where it says nothing. */
    private static String said(SampleBlock block, int sample) {
        List<String> labels = new ArrayList<>();
        for (int head = 0; head < block.heads(); head++) {
            labels.add(
                    block.weight(sample, head) == 0
                            ? "-"
                            : block.label(sample, head) + "x" + block.weight(sample, head));
        }
        return String.join(" ", labels);
    }

    private List<String> read(String file, String text, SourceConfig config) throws IOException {
        Path path = dir.resolve(file);
        Files.writeString(path, text);
        List<String> rows = new ArrayList<>();
        try (DataFiles files = new FolderFiles(path)) {
            BulkSource source = BulkSource.open(files, config, SPEC);
            SplitReader reader = source.reader();
            for (Split split : source.splits()) {
                reader.open(split);
                SampleBlock block = Objects.requireNonNull(reader.next());
                assertEquals(3, block.heads());
                for (int i = 0; i < block.size(); i++) {
                    rows.add(said(block, i));
                }
            }
        }
        return rows;
    }

    private static SourceConfig withHeads(Map<String, String> heads) {
        return new SourceConfig(null, "label", null, null, null, List.of(), '|', 1_000, 1 << 20, 0, heads);
    }

    @Test
    void columnsCalledAsTheHeadsLabelThem() throws IOException {
        List<String> wanted = List.of("1.0x1.0 0.0x1.0 2.5x1.0", "0.0x1.0 - -", "- - 3.0x1.0");
        assertEquals(
                wanted, read("a.csv", "user.id,item.id,click,watch,like\nu,i,1,2.5,0\nu,j,0,,\nu,k,,3,\n", DEFAULTS));
        assertEquals(
                wanted,
                read(
                        "a.tsv",
                        "user.id\titem.id\tclick\tlike\twatch\nu\ti\t1\t0\t2.5\nu\tj\t0\t\t\nu\tk\t\t\t3\n",
                        DEFAULTS));
        assertEquals(
                wanted,
                read(
                        "a.jsonl",
                        "{\"user\":{\"id\":\"u\"},\"click\":true,\"like\":0,\"watch\":2.5}\n"
                                + "{\"user\":{\"id\":\"u\"},\"click\":0,\"like\":null}\n"
                                + "{\"user\":{\"id\":\"u\"},\"watch\":3}\n",
                        DEFAULTS));
    }

    @Test
    void anActionLabelsEveryHeadThatKnowsIt() throws IOException {
        assertEquals(
                List.of("1.0x2.0 - -", "- 1.0x1.0 -", "0.0x1.0 0.0x1.0 -", "0.5x1.0 - -"),
                read(
                        "b.csv",
                        "user.id,label,times\nu,click,2\nu,like,1\nu,skip,1\nu,0.5,1\n",
                        new SourceConfig(null, "label", "times", null, null, List.of(), '|', 0, 1 << 20, 0)));
    }

    @Test
    void columnsAreNamedForHeads() throws IOException {
        SourceConfig config = withHeads(Map.of("like", "hearts", "watch", "seconds"));
        assertEquals(
                List.of("1.0x1.0 0.0x1.0 4.0x1.0", "0.0x1.0 1.0x1.0 -"),
                read("c.csv", "user.id,seconds,hearts,label\nu,4,0,click\nu,,like,0\n", config));
    }

    /** Converted, they keep what they say of every head; a model of other heads does not take them. */
    @Test
    void blockFilesKeepEveryHead() throws IOException {
        Files.writeString(dir.resolve("d.csv"), "user.id,click,like\nu,1,0\nu,,1\n");
        Path blocks = Files.createDirectory(dir.resolve("blocks"));
        try (DataFiles files = new FolderFiles(dir.resolve("d.csv"));
                BlockFileWriter writer = new BlockFileWriter(blocks.resolve("d.mrb"), SPEC)) {
            BulkSource source = BulkSource.open(files, DEFAULTS, SPEC);
            SplitReader reader = source.reader();
            reader.open(source.splits().get(0));
            writer.write(new BlockEncoder().encode(Objects.requireNonNull(reader.next())));
            writer.finish();
        }
        ModelSpec two = SpecReader.parse("test", YAML.replaceAll("  watch: .*", ""));
        try (DataFiles files = new FolderFiles(blocks)) {
            SampleBlock block = Objects.requireNonNull(reader(files, SPEC).next());
            assertEquals("1.0x1.0 0.0x1.0 -", said(block, 0));
            assertEquals("- 1.0x1.0 -", said(block, 1));
            SplitReader other = reader(files, two);
            assertTrue(String.valueOf(
                            assertThrows(DataException.class, other::next).getMessage())
                    .contains("labels of 3 heads, the model has 2"));
        }
    }

    private static SplitReader reader(DataFiles files, ModelSpec spec) throws IOException {
        BulkSource source = BulkSource.open(files, DEFAULTS, spec);
        SplitReader reader = source.reader();
        reader.open(source.splits().get(0));
        return reader;
    }

    @Test
    void whatIsNamedWrongSaysSo() {
        assertTrue(message("user.id,click\nu,1\n", withHeads(Map.of("liked", "x")))
                .contains("head 'liked', the model has click, like, watch"));
        assertTrue(
                message("user.id,click\nu,1\n", withHeads(Map.of("like", "x"))).contains("has no column 'x'"));
        assertTrue(message("user.id,x\nu,1\n", withHeads(Map.of("like", "x", "click", "x")))
                .contains("is named for two heads"));
        assertTrue(message("user.id,x\nu,1\n", DEFAULTS).contains("one each of the heads click, like, watch"));
        assertTrue(message("user.id,like\nu,3\n", DEFAULTS).contains("column 'like': '3.0' is no label"));
        assertTrue(message("user.id,like\nu,\n", DEFAULTS).contains("none of a head in its own"));
    }

    private String message(String text, SourceConfig config) {
        return String.valueOf(assertThrows(DataException.class, () -> read("w.csv", text, config))
                .getMessage());
    }
}
