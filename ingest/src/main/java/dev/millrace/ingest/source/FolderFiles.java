package dev.millrace.ingest.source;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/** The files of a local folder and the folders in it, or one file. A file stays open from its first read on. */
public final class FolderFiles implements DataFiles {
    private final Path root;
    private final Map<String, FileChannel> open = new ConcurrentHashMap<>();

    public FolderFiles(Path root) {
        this.root = root;
    }

    @Override
    public List<DataFile> list() throws IOException {
        if (!Files.exists(root)) {
            throw new NoSuchFileException(root.toString());
        }
        if (!Files.isDirectory(root)) {
            return List.of(new DataFile(String.valueOf(root.getFileName()), Files.size(root)));
        }
        List<DataFile> files = new ArrayList<>();
        try (Stream<Path> found = Files.walk(root)) {
            for (Path path : (Iterable<Path>) found::iterator) {
                String name = root.relativize(path).toString();
                if (Files.isRegularFile(path) && !DataFiles.isHidden(name)) {
                    files.add(new DataFile(name, Files.size(path)));
                }
            }
        }
        files.sort(Comparator.comparing(DataFile::name));
        return files;
    }

    @Override
    public int read(DataFile file, long position, byte[] into, int offset, int length) throws IOException {
        FileChannel channel = channel(file);
        ByteBuffer target = ByteBuffer.wrap(into, offset, length);
        while (target.hasRemaining()) {
            if (channel.read(target, position + target.position() - offset) < 0) {
                break;
            }
        }
        return target.position() - offset;
    }

    private FileChannel channel(DataFile file) throws IOException {
        FileChannel channel = open.get(file.name());
        if (channel != null) {
            return channel;
        }
        FileChannel opened = FileChannel.open(Files.isDirectory(root) ? root.resolve(file.name()) : root);
        FileChannel first = open.putIfAbsent(file.name(), opened);
        if (first != null) {
            opened.close();
            return first;
        }
        return opened;
    }

    @Override
    public String place() {
        return root.toString();
    }

    @Override
    public void close() {
        for (FileChannel channel : open.values()) {
            try {
                channel.close();
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        }
        open.clear();
    }
}
