package dev.millrace.join.flink;

import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.flink.core.fs.FileStatus;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What runs before this one have left to continue from: checkpoints, {@code dir/JOB/chk-N}, and savepoints, {@code
 * dir/FOLDER/savepoint-…}; complete when it has its metadata.
 */
final class Checkpoints {
    /** How many a run keeps. */
    static final int RETAINED = 3;

    private static final Logger LOG = LoggerFactory.getLogger(Checkpoints.class);
    private static final Pattern NAME = Pattern.compile("chk-(\\d{1,18})");
    private static final String SAVEPOINT = "savepoint-";
    private static final long NO_NUMBER = 0;
    private static final String METADATA = "_metadata";

    private Checkpoints() {}

    private record Found(Path path, long number, long completedMs) {
        boolean isSavepoint() {
            return isSavepoint(path);
        }

        static boolean isSavepoint(Path path) {
            return path.getName().startsWith(SAVEPOINT);
        }
    }

    /** Complete ones, newest first; none when the folder is not there. */
    static List<String> newestFirst(URI dir) throws IOException {
        return found(new Path(dir)).stream().map(f -> f.path().toString()).toList();
    }

    private static List<Found> found(Path dir) throws IOException {
        FileSystem files = dir.getFileSystem();
        List<Found> found = new ArrayList<>();
        for (FileStatus job : list(files, dir)) {
            for (FileStatus entry : list(files, job.getPath())) {
                var name = NAME.matcher(entry.getPath().getName());
                Path metadata = new Path(entry.getPath(), METADATA);
                boolean isCheckpoint = name.matches();
                if ((isCheckpoint || Found.isSavepoint(entry.getPath())) && files.exists(metadata)) {
                    long completedMs = files.getFileStatus(metadata).getModificationTime();
                    long number = isCheckpoint ? Long.parseLong(name.group(1)) : NO_NUMBER;
                    found.add(new Found(entry.getPath(), number, completedMs));
                }
            }
        }
        found.sort(Comparator.comparingLong(Found::completedMs)
                .thenComparingLong(Found::number)
                .reversed());
        return found;
    }

    private static FileStatus[] list(FileSystem files, Path dir) throws IOException {
        if (!files.exists(dir) || !files.getFileStatus(dir).isDir()) {
            return new FileStatus[0];
        }
        FileStatus[] entries = files.listStatus(dir);
        return entries == null ? new FileStatus[0] : entries;
    }

    /**
     * Deletes all checkpoints but the newest that a run keeps, and what killed runs left unfinished: each run has a
     * folder of its own, and Flink removes nothing of another one. Savepoints stay: they are somebody's. Only while no
     * job writes there.
     */
    static void prune(URI dir) throws IOException {
        Path root = new Path(dir);
        FileSystem files = root.getFileSystem();
        List<Found> found = found(root);
        Set<Path> kept = found.stream()
                .filter(f -> !f.isSavepoint())
                .limit(RETAINED)
                .map(Found::path)
                .collect(Collectors.toSet());
        found.stream().filter(Found::isSavepoint).map(Found::path).forEach(kept::add);
        Set<Path> keptJobs = kept.stream().map(Path::getParent).collect(Collectors.toSet());
        for (FileStatus job : list(files, root)) {
            if (!keptJobs.contains(job.getPath())) {
                delete(files, job.getPath());
                continue;
            }
            for (FileStatus entry : list(files, job.getPath())) {
                if (NAME.matcher(entry.getPath().getName()).matches() && !kept.contains(entry.getPath())) {
                    delete(files, entry.getPath());
                }
            }
        }
    }

    private static void delete(FileSystem files, Path path) throws IOException {
        LOG.debug("deletes {}", path);
        files.delete(path, true);
    }
}
