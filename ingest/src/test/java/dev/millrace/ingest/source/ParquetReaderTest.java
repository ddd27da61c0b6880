package dev.millrace.ingest.source;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that Apache Spark 4.1.1 wrote, of rows in nested columns and lists, with nulls. */
class ParquetReaderTest {
    private static final List<String> EXPECTED = BulkSourceTest.expected(BulkSourceTest.rows(300, 11));

    @TempDir
    Path dir;

    private byte[] written(String how) throws IOException {
        String name = "rows-" + how + ".parquet";
        try (InputStream in = Objects.requireNonNull(getClass().getResourceAsStream(name), name)) {
            return in.readAllBytes();
        }
    }

    private List<String> read(byte[] bytes) throws IOException {
        Path file = dir.resolve("rows.parquet");
        Files.write(file, bytes);
        return BulkSourceTest.read(file, 1 << 20);
    }

    @Test
    void everyCompressionAndEncodingMakesTheVectorizersSamples() throws IOException {
        for (String how : List.of("snappy", "gzip", "zstd", "plain", "v2")) {
            assertEquals(EXPECTED, read(written(how)), how);
        }
    }

    /** Whatever is in it: the samples, or an error that names the file; never another exception. */
    @Test
    void aDamagedFileIsRefusedByName() throws IOException {
        byte[] whole = written("snappy");
        for (int seed = 0; seed < 300; seed++) {
            Random random = new Random(seed);
            byte[] damaged = whole.clone();
            for (int n = 0; n < 3; n++) {
                damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
            }
            try {
                read(damaged);
            } catch (DataException e) {
                assertTrue(String.valueOf(e.getMessage()).contains("rows.parquet"), "seed " + seed + ": " + e);
            } catch (RuntimeException e) {
                throw new AssertionError("seed " + seed, e);
            }
        }
        assertThrows(DataException.class, () -> read(Arrays.copyOf(whole, whole.length - 5)));
        assertThrows(DataException.class, () -> read(new byte[4]));
    }
}
