package dev.millrace.ingest.source;

import dev.millrace.ingest.feature.Vectorizer;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.Slot;
import dev.millrace.ingest.spec.SlotType;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** All files of a place, of one format, as splits, and readers for them. Immutable but for its counts; any thread. */
public final class BulkSource {
    private final DataFiles files;
    private final SourceConfig config;
    private final ModelSpec spec;
    private final SourceFormat format;
    private final Vectorizer vectorizer;
    private final ColumnRoles roles;
    private final BadRows bad;
    private final Map<String, BlockFile> indexes = new HashMap<>();
    private final Map<String, ParquetFile> footers = new HashMap<>();
    private final List<Split> splits = new ArrayList<>();

    private BulkSource(DataFiles files, SourceConfig config, ModelSpec spec, SourceFormat format) throws DataException {
        this.files = files;
        this.config = config;
        this.spec = spec;
        this.format = format;
        this.vectorizer = new Vectorizer(spec);
        this.bad = new BadRows(config.maxBadRows());
        List<String> lists = spec.slots().stream()
                .filter(slot -> slot.type() == SlotType.CATEGORIES)
                .map(Slot::from)
                .toList();
        this.roles = new ColumnRoles(config, vectorizer, lists, spec.heads());
    }

    /**
     * Lists the place's files.
     *
     * @param files closed by the caller, after the last read
     * @throws DataException when there are none, or their formats differ or are not known
     */
    public static BulkSource open(DataFiles files, SourceConfig config, ModelSpec spec) throws IOException {
        List<DataFile> found = files.list();
        if (found.isEmpty()) {
            throw new DataException(files.place() + ": has no files");
        }
        BulkSource source = new BulkSource(files, config, spec, format(found, config));
        for (DataFile file : found) {
            source.add(file);
        }
        return source;
    }

    private static SourceFormat format(List<DataFile> files, SourceConfig config) throws DataException {
        if (config.format() != null) {
            return config.format();
        }
        SourceFormat format = null;
        for (DataFile file : files) {
            SourceFormat own = SourceFormat.of(file.name())
                    .orElseThrow(() ->
                            new DataException(file.name() + ": its format is not known by its ending; name it,"
                                    + " one of "
                                    + Arrays.stream(SourceFormat.values())
                                            .map(f -> f.name().toLowerCase(java.util.Locale.ROOT))
                                            .collect(Collectors.joining(", "))));
            if (format != null && own != format) {
                throw new DataException(
                        file.name() + ": other files beside it are " + format + "; keep one format in a place");
            }
            format = own;
        }
        return java.util.Objects.requireNonNull(format);
    }

    private void add(DataFile file) throws IOException {
        if (format.isText()) {
            for (long from = 0; from < file.bytes(); from += config.splitBytes()) {
                splits.add(new Split(file, from, Math.min(file.bytes(), from + config.splitBytes())));
            }
        } else if (format == SourceFormat.BLOCKS) {
            BlockFile index = BlockFile.read(files, file);
            index.check(spec, file);
            indexes.put(file.name(), index);
            for (BlockFile.Block block : index.blocks()) {
                splits.add(new Split(file, block.offset(), block.offset() + block.bytes()));
            }
        } else {
            ParquetFile footer = ParquetFile.read(files, file);
            footers.put(file.name(), footer);
            for (ParquetFile.Group group : footer.groups()) {
                if (group.rows() > 0) {
                    splits.add(new Split(file, group.from(), group.from() + group.bytes()));
                }
            }
        }
    }

    public SourceFormat format() {
        return format;
    }

    /** Of all files, in order of their names. */
    public List<Split> splits() {
        return List.copyOf(splits);
    }

    /** The same with those splits only whose middle lies behind the first {@code skip} bytes and before {@code end}. */
    public BulkSource part(long skip, long end) throws DataException {
        BulkSource part = new BulkSource(files, config, spec, format);
        part.indexes.putAll(indexes);
        part.footers.putAll(footers);
        long at = 0;
        for (Split split : splits) {
            long middle = at + split.bytes() / 2;
            if (middle >= skip && middle < end) {
                part.splits.add(split);
            }
            at += split.bytes();
        }
        if (part.splits.size() < splits.size() && !log().isEmpty()) {
            throw new DataException(files.place() + ": holds records of the log, whose last ones cannot be left out;"
                    + " archive a shorter stretch, and the held-out one apart");
        }
        return part;
    }

    /** Of all splits. */
    public long bytes() {
        return splits.stream().mapToLong(Split::bytes).sum();
    }

    /** A worker's own. */
    public SplitReader reader() {
        SampleRows rows = new SampleRows(spec, config, vectorizer);
        return switch (format) {
            case CSV, TSV -> new DelimitedReader(files, rows, bad, roles, config.columns(), format);
            case JSONL -> new JsonReader(files, rows, bad, roles);
            case VW -> new VwReader(files, rows, bad, roles);
            case BLOCKS -> new BlockReader(files, spec, indexes);
            case PARQUET -> new ParquetReader(files, rows, bad, roles, footers);
        };
    }

    /** Rows left out since they were not valid. */
    public long badRows() {
        return bad.count();
    }

    /**
     * Which records of the samples log the files hold: for each partition one range without a hole, of all files
     * together. Empty where no file is of a log.
     *
     * @throws DataException when files of a log overlap or leave a hole, so that samples would be doubled or skipped
     */
    public SortedMap<Integer, BlockFile.Range> log() throws DataException {
        SortedMap<Integer, List<BlockFile.Range>> ranges = new TreeMap<>();
        indexes.values()
                .forEach(index -> index.log()
                        .forEach((partition, range) -> ranges.computeIfAbsent(partition, p -> new ArrayList<>())
                                .add(range)));
        SortedMap<Integer, BlockFile.Range> whole = new TreeMap<>();
        for (var entry : ranges.entrySet()) {
            whole.put(entry.getKey(), joined(entry.getKey(), entry.getValue()));
        }
        return whole;
    }

    private BlockFile.Range joined(int partition, List<BlockFile.Range> ranges) throws DataException {
        ranges.sort(java.util.Comparator.comparingLong(BlockFile.Range::from));
        BlockFile.Range joined = ranges.get(0);
        for (BlockFile.Range range : ranges.subList(1, ranges.size())) {
            if (range.from() != joined.to()) {
                throw new DataException(files.place() + ": its files have records " + joined.from() + ".."
                        + (joined.to() - 1) + " and " + range.from() + ".." + (range.to() - 1)
                        + " of samples partition " + partition + ", which "
                        + (range.from() < joined.to() ? "overlap" : "leave a hole")
                        + "; keep the files of one archive together");
            }
            joined = new BlockFile.Range(joined.from(), range.to());
        }
        return joined;
    }
}
