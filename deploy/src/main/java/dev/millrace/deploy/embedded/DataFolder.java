package dev.millrace.deploy.embedded;

import dev.millrace.deploy.config.ServeConfig;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ps.snapshot.SnapshotPlace;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * The folder in which the embedded service keeps everything, locked while it runs:
 *
 * <pre>
 *  lock            held by the running process
 *  kafka/          the broker's log
 *  flink/          the join's checkpoints
 *  profiles/       RocksDB of users and items
 *  chains/RUN/     what the steps of a batch chain make and say
 *  import/         files that batch chains may read
 *  models/NAME/    spec (its fingerprint), snapshots/ (the learner's), rows/ (RocksDB of serving weights)
 * </pre>
 */
public final class DataFolder implements AutoCloseable {
    private final Path root;
    private final FileChannel lockFile;

    private DataFolder(Path root, FileChannel lockFile) {
        this.root = root;
        this.lockFile = lockFile;
    }

    /** @throws IOException when it cannot be made, or another process has it */
    public static DataFolder open(Path root) throws IOException {
        Path absolute = root.toAbsolutePath().normalize();
        Files.createDirectories(absolute);
        FileChannel file =
                FileChannel.open(absolute.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        if (!lock(file)) {
            file.close();
            throw new IOException("the data folder " + absolute
                    + " is in use by another Millrace; stop it, or give another folder with --data");
        }
        return new DataFolder(absolute, file);
    }

    private static boolean lock(FileChannel file) throws IOException {
        try {
            FileLock lock = file.tryLock();
            return lock != null;
        } catch (OverlappingFileLockException e) {
            return false;
        }
    }

    public Path kafka() {
        return root.resolve("kafka");
    }

    public Path flink() {
        return root.resolve("flink");
    }

    public Path profiles() {
        return root.resolve("profiles");
    }

    /** Local state of Kafka Streams. */
    public Path streams() {
        return root.resolve("streams");
    }

    /** Rules of alarms in place of those that come with the server; need not be there. */
    public Path alarms() {
        return root.resolve("alarms.yml");
    }

    /** A folder for each run of a batch chain. */
    public Path chains() {
        return root.resolve("chains");
    }

    /** Files that batch chains may read. */
    public Path imports() {
        return root.resolve("import");
    }

    public Path snapshots(String model) {
        return root.resolve("models").resolve(model).resolve("snapshots");
    }

    /** Where they are under a configuration: here, or in an object store. */
    SnapshotPlace snapshots(String model, ServeConfig config) {
        return config.snapshots() == null
                ? SnapshotPlace.folder(snapshots(model))
                : SnapshotPlace.parse(config.snapshots(), root.resolve("scratch"))
                        .below(model);
    }

    public Path rows(String model) {
        return root.resolve("models").resolve(model).resolve("rows");
    }

    /**
     * Remembers what the model's weights mean.
     *
     * @throws IOException when the folder holds weights of a model by that name with other slots, crosses or optimizer
     */
    public void claim(ModelSpec spec) throws IOException {
        Path file = root.resolve("models").resolve(spec.model()).resolve("spec");
        String fingerprint = Long.toHexString(spec.fingerprint());
        if (!Files.exists(file)) {
            Files.createDirectories(file.getParent());
            Files.writeString(file, fingerprint);
            return;
        }
        if (!Files.readString(file).strip().equals(fingerprint)) {
            throw new IOException(
                    "the data folder " + root + " holds model '" + spec.model()
                            + "' with other slots, crosses or optimizer; rename the changed model, or give another folder with --data");
        }
    }

    @Override
    public void close() throws IOException {
        lockFile.close();
    }
}
