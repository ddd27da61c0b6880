package dev.millrace.deploy.cli;

import dev.millrace.ingest.source.BulkSource;
import dev.millrace.ingest.source.DataFiles;
import dev.millrace.ingest.source.FolderFiles;
import dev.millrace.ingest.source.SourceConfig;
import dev.millrace.ingest.source.SourceFormat;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ps.snapshot.S3DataFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How the rows of files are read. */
final class SourceOptions {
    private static final Pattern PART = Pattern.compile("(0?\\.\\d+|0|1|1\\.0+)\\.\\.(0?\\.\\d+|0|1|1\\.0+)");

    @Option(
            names = "--data",
            required = true,
            paramLabel = "PLACE",
            description = "A file, a folder, or s3://BUCKET/PREFIX?region=R&endpoint=URL. May be given several times;"
                    + " one after the other is read.")
    private List<String> places = List.of();

    @Option(
            names = "--format",
            paramLabel = "F",
            description = "One of: ${COMPLETION-CANDIDATES}. Default: by the files' endings (.csv .tsv .jsonl .parquet"
                    + " .mrb .vw).")
    @Nullable
    private SourceFormat format;

    @Option(
            names = "--label",
            paramLabel = "COLUMN",
            defaultValue = "label",
            description =
                    "A number in [0, 1], or an action type of the spec, which labels every head that knows it. Default:"
                            + " ${DEFAULT-VALUE}.")
    private String label = "label";

    @Option(names = "--weight", paramLabel = "COLUMN", description = "How many samples a row stands for.")
    @Nullable
    private String weight;

    @Option(
            names = "--head",
            paramLabel = "HEAD=COLUMN",
            description = "Column of a head's label. Default: the column called as the head, and what --label tells.")
    private Map<String, String> heads = Map.of();

    @Option(
            names = "--time",
            paramLabel = "COLUMN",
            description = "Event time: milliseconds since the epoch, or ISO 8601. Default: the time of this run.")
    @Nullable
    private String time;

    @Option(
            names = "--request",
            paramLabel = "COLUMN",
            description = "Request id: with item.id it makes the sample's id as it is online.")
    @Nullable
    private String request;

    @Option(
            names = "--columns",
            split = ",",
            paramLabel = "NAMES",
            description = "Names of the columns of CSV and TSV files without a header line.")
    private List<String> columns = List.of();

    @Option(
            names = "--bad-rows",
            paramLabel = "N",
            defaultValue = "0",
            description = "Leave out up to N rows that are not valid. Default: ${DEFAULT-VALUE}.")
    private long badRows;

    @Option(names = "--workers", paramLabel = "N", description = "Threads. Default: one a processor, at most 8.")
    private int workers = Math.min(8, Runtime.getRuntime().availableProcessors());

    @Option(
            names = "--part",
            paramLabel = "A..B",
            description = "Only this part of the data, by bytes in the files' order, like 0..0.9 or 0.9..1.")
    @Nullable
    private String part;

    int workers() {
        return workers;
    }

    /** The places' files; each is to be closed. */
    List<DataFiles> files(Path scratch) {
        List<DataFiles> files = new ArrayList<>();
        for (String place : places) {
            files.add(place.startsWith("s3:") ? S3DataFiles.open(place, scratch) : new FolderFiles(Path.of(place)));
        }
        return files;
    }

    List<BulkSource> sources(List<DataFiles> files, ModelSpec spec, int splitBytes, long nowMs) throws IOException {
        var defaults = SourceConfig.defaults(nowMs);
        var config = new SourceConfig(
                format,
                label,
                weight,
                time,
                request,
                columns,
                defaults.listSeparator(),
                nowMs,
                splitBytes,
                badRows,
                heads);
        List<BulkSource> sources = new ArrayList<>();
        for (DataFiles place : files) {
            sources.add(BulkSource.open(place, config, spec));
        }
        return part == null ? sources : parts(sources, part);
    }

    private static List<BulkSource> parts(List<BulkSource> sources, String text) throws IOException {
        Matcher ends = PART.matcher(text);
        if (!ends.matches()) {
            throw new IllegalArgumentException("--part '" + text + "' is not A..B between 0 and 1, like 0..0.9");
        }
        long all = sources.stream().mapToLong(BulkSource::bytes).sum();
        long from = (long) (Double.parseDouble(ends.group(1)) * all);
        long to = (long) (Double.parseDouble(ends.group(2)) * all);
        if (from >= to) {
            throw new IllegalArgumentException("--part '" + text + "' has nothing in it");
        }
        List<BulkSource> parts = new ArrayList<>();
        long at = 0;
        for (BulkSource source : sources) {
            BulkSource part = source.part(from - at, to - at);
            if (part.bytes() > 0) {
                parts.add(part);
            }
            at += source.bytes();
        }
        if (parts.isEmpty()) {
            throw new IllegalArgumentException(
                    "--part '" + text + "' has no piece of the data's " + all
                            + " bytes, which is read in pieces of up to 256 KiB of text, or a block; give a larger part, or more data");
        }
        return parts;
    }
}
