package dev.millrace.learner.bench;

import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Writes {@link CriteoLike} rows as CSV files of different sizes, so that readers have something to steal.
 *
 * <pre>CsvFiles FOLDER ROWS</pre>
 */
public final class CsvFiles {
    private static final int[] TENTHS = {5, 2, 1, 1, 1};

    private CsvFiles() {}

    public static void main(String[] args) throws Exception {
        Path folder = Path.of(args[0]);
        Files.createDirectories(folder);
        int rows = Integer.parseInt(args[1]);
        for (int f = 0; f < TENTHS.length; f++) {
            Path file = folder.resolve("part-" + f + ".csv");
            if (!Files.exists(file)) {
                CriteoLike.writeCsv(file, rows / 10 * TENTHS[f], CriteoLike.SEED + f);
            }
        }
    }
}
