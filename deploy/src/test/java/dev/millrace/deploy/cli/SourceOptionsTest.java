package dev.millrace.deploy.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.source.BulkSource;
import dev.millrace.ingest.source.DataFiles;
import dev.millrace.ingest.source.SplitReader;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.SpecReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

class SourceOptionsTest {
    private static final ModelSpec SPEC = SpecReader.parse("test", """
            model: m
            rewardWindow: 1s
            heads: {click: {labels: {click: 1}}, like: {labels: {like: 1}}}
            slots: {user: {type: category, from: user.id}}
            network: {type: widedeep, dim: 2, hidden: [4]}
            """);

    @TempDir
    Path dir;

    @Command
    private static final class Holder {
        @Mixin
        private SourceOptions source = new SourceOptions();
    }

    @BeforeEach
    void data() throws IOException {
        Files.writeString(dir.resolve("a.csv"), "user.id,click,hearts\nu,1,0\nv,0,1\n");
    }

    private List<BulkSource> sources(String... arguments) throws IOException {
        List<String> all = new ArrayList<>(List.of("--data", dir.toString()));
        all.addAll(List.of(arguments));
        Holder holder = new Holder();
        new CommandLine(holder).parseArgs(all.toArray(String[]::new));
        List<DataFiles> files = holder.source.files(dir);
        return holder.source.sources(files, SPEC, 1 << 10, 0);
    }

    @Test
    void aHeadsColumnIsNamed() throws IOException {
        BulkSource source = sources("--head", "like=hearts").getFirst();
        SplitReader reader = source.reader();
        reader.open(source.splits().getFirst());
        SampleBlock block = Objects.requireNonNull(reader.next());
        assertEquals(1f, block.label(1, 1));
        assertEquals(1f, block.weight(1, 1));
        assertEquals(0f, block.label(0, 1));
    }

    /** Rather than measuring nothing. */
    @Test
    void aPartWithNothingInItSaysSo() {
        var refused = assertThrows(IllegalArgumentException.class, () -> sources("--part", "0.9..1"));
        assertTrue(String.valueOf(refused.getMessage()).contains("--part '0.9..1' has no piece"), refused.getMessage());
    }
}
