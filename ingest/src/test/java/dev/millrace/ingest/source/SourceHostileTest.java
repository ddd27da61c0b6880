package dev.millrace.ingest.source;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.millrace.ingest.hostile.Hostile;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Data files of every format, given {@link Hostile} bytes. */
class SourceHostileTest {
    /** Readers hold buffers; a page of a row group, and a block, tell their length, of which there is a bound. */
    private static final long LARGEST_PAGES = 600L << 20;

    private static final List<BulkSourceTest.Row> ROWS = BulkSourceTest.rows(20, 5);

    static final Hostile.Target CSV =
            target("rows.csv", List.of(BulkSourceTest.csv(ROWS, "\n").getBytes(UTF_8)));
    static final Hostile.Target JSONL =
            target("rows.jsonl", List.of(BulkSourceTest.json(ROWS).getBytes(UTF_8)));
    static final Hostile.Target VW =
            target("rows.vw", List.of(BulkSourceTest.vw(ROWS).getBytes(UTF_8)));
    static final Hostile.Target BLOCK_FILES =
            target("blocks.mrb", List.of(Hostile.fossil(SourceHostileTest.class, "blocks-v1.mrb")));
    static final Hostile.Target PARQUET = target(
            "rows.parquet",
            Stream.of("snappy", "gzip", "zstd", "plain", "v2")
                    .map(how -> Hostile.fossil(SourceHostileTest.class, "rows-" + how + ".parquet"))
                    .toList());

    private static Hostile.Target target(String name, List<byte[]> seeds) {
        return Hostile.Target.of(bytes -> read(name, bytes), seeds, DataException.class)
                .within(LARGEST_PAGES);
    }

    private static void read(String name, byte[] bytes) throws IOException {
        BulkSource source =
                BulkSource.open(new OneFile(name, bytes), BulkSourceTest.config(1 << 16, 0), BulkSourceTest.SPEC);
        SplitReader reader = source.reader();
        for (Split split : source.splits()) {
            reader.open(split);
            while (reader.next() != null) {
                // What is in it is of no interest here.
            }
        }
    }

    /** A file in memory. */
    private static final class OneFile implements DataFiles {
        private final String name;
        private final byte[] bytes;

        OneFile(String name, byte[] bytes) {
            this.name = name;
            this.bytes = bytes;
        }

        @Override
        public List<DataFile> list() {
            return List.of(new DataFile(name, bytes.length));
        }

        @Override
        public int read(DataFile file, long position, byte[] into, int offset, int length) {
            int n = (int) Math.max(0, Math.min(length, bytes.length - position));
            System.arraycopy(bytes, n == 0 ? 0 : (int) position, into, offset, n);
            return n;
        }

        @Override
        public String place() {
            return "memory";
        }
    }

    /** Found by an attack: the reader stood before it for ever. */
    @Test
    void aControlCharacterBeforeTheFeaturesIsRefused() {
        for (String row : List.of("1 \u0001|user anna\n", "1 0.5 \u007f\u0002 |user a\n")) {
            assertThrows(DataException.class, () -> read("rows.vw", row.getBytes(UTF_8)), row);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2})
    void everyFileIsReadOrRefused(long seed) {
        Hostile.attack(CSV, seed, 2_000);
        Hostile.attack(JSONL, seed, 2_000);
        Hostile.attack(VW, seed, 2_000);
        Hostile.attack(BLOCK_FILES, seed, 2_000);
        Hostile.attack(PARQUET, seed, 2_000);
    }
}
