package dev.millrace.deploy.cli;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;

/** A data folder that belongs to this process while it runs. */
final class DataLock implements AutoCloseable {
    private final Path folder;
    private final FileChannel file;

    private DataLock(Path folder, FileChannel file) {
        this.folder = folder;
        this.file = file;
    }

    /** @throws IOException when it cannot be made, or another process has it */
    static DataLock take(Path folder) throws IOException {
        Files.createDirectories(folder);
        FileChannel file =
                FileChannel.open(folder.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            if (file.tryLock() != null) {
                return new DataLock(folder, file);
            }
        } catch (OverlappingFileLockException e) {
            file.close();
            throw new IOException("the data folder " + folder + " is in use in this process", e);
        }
        file.close();
        throw new IOException(
                "the data folder " + folder + " is in use by another Millrace; stop it, or give another with --data");
    }

    /** A name of the folder's process that stays over its restarts. */
    String instance() throws IOException {
        Path name = folder.resolve("instance");
        if (!Files.exists(name)) {
            Path unfinished = Files.writeString(
                    folder.resolve("instance.unfinished"), UUID.randomUUID().toString());
            Files.move(unfinished, name, StandardCopyOption.ATOMIC_MOVE);
        }
        return Files.readString(name).strip();
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
