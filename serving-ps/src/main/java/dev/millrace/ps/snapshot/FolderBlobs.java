package dev.millrace.ps.snapshot;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;

/** Files of one folder, forced to disk, and the folder too. */
final class FolderBlobs implements Blobs {
    /** The disk works while rows are handed out, and no flood of unwritten pages stalls the others who force theirs. */
    private static final long FORCE_EVERY = 16L << 20;

    private final Path dir;

    FolderBlobs(Path dir) {
        this.dir = dir;
    }

    @Override
    public List<String> names() throws IOException {
        if (!Files.isDirectory(dir)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(dir)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.startsWith(Names.PREFIX))
                    .toList();
        }
    }

    @Override
    public FileChannel open(String name) throws IOException {
        return FileChannel.open(dir.resolve(name), StandardOpenOption.READ);
    }

    @Override
    public Output create(String name) throws IOException {
        Files.createDirectories(dir);
        return new FileOutput(dir.resolve(name));
    }

    @Override
    public void put(String name, ByteBuffer bytes) throws IOException {
        Path unfinished = dir.resolve(name + Names.UNFINISHED);
        try (Output file = create(unfinished.getFileName().toString())) {
            file.write(bytes);
            file.finish();
        }
        Files.move(unfinished, dir.resolve(name), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        forceFolder();
    }

    @Override
    public void delete(String name) throws IOException {
        Files.deleteIfExists(dir.resolve(name));
    }

    @Override
    public void sweep() {
        // Whatever was left has a name.
    }

    /** Its bytes never change, so two names may share them. */
    @Override
    public void copy(String name, Blobs to) throws IOException {
        if (!(to instanceof FolderBlobs other)) {
            Blobs.super.copy(name, to);
            return;
        }
        Files.createDirectories(other.dir);
        try {
            Files.deleteIfExists(other.dir.resolve(name));
            Files.createLink(other.dir.resolve(name), dir.resolve(name));
            other.forceFolder();
        } catch (UnsupportedOperationException | FileSystemException e) {
            if (e instanceof NoSuchFileException gone) {
                throw gone;
            }
            // Another disk, or one without links.
            Blobs.super.copy(name, to);
        }
    }

    @Override
    public String place() {
        return dir.toString();
    }

    private void forceFolder() throws IOException {
        try (FileChannel folder = FileChannel.open(dir, StandardOpenOption.READ)) {
            folder.force(true);
        }
    }

    /** A file that is forced to disk behind the writing thread, every now and then, and whole at the end. */
    private final class FileOutput implements Output {
        private final Path path;
        private final FileChannel file;
        private final ExecutorService behind;
        private Future<?> forced = CompletableFuture.completedFuture(null);
        private long unforced;
        private boolean finished;

        FileOutput(Path path) throws IOException {
            this.path = path;
            this.file = FileChannel.open(
                    path, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING);
            // Its thread starts with the first task: small files have none.
            this.behind = Executors.newSingleThreadExecutor(
                    Thread.ofPlatform().name("force-" + path.getFileName()).factory());
        }

        @Override
        public void write(ByteBuffer bytes) throws IOException {
            while (bytes.hasRemaining()) {
                unforced += file.write(bytes);
            }
            if (unforced >= FORCE_EVERY && forced.isDone()) {
                checkForced();
                unforced = 0;
                forced = behind.submit(() -> {
                    file.force(false);
                    return true;
                });
            }
        }

        /** A disk that failed once may say yes the next time, about pages that it has dropped. */
        private void checkForced() throws IOException {
            if (forced.state() == Future.State.FAILED) {
                throw new IOException(path + " could not be forced to disk", forced.exceptionNow());
            }
        }

        @Override
        public void finish() throws IOException {
            behind.close();
            checkForced();
            file.force(true);
            forceFolder();
            finished = true;
        }

        @Override
        public void close() throws IOException {
            behind.close();
            file.close();
            if (!finished) {
                Files.deleteIfExists(path);
            }
        }
    }
}
