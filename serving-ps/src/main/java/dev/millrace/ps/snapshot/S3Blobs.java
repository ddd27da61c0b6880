package dev.millrace.ps.snapshot;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.MultipartUpload;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.s3.model.S3Object;

/** Objects below a prefix. Whatever the client throws becomes an IOException that names the place. */
final class S3Blobs implements Blobs {
    /** The answer to any range of an empty object. */
    private static final int RANGE_NOT_SATISFIABLE = 416;

    private final S3Location location;
    private final S3Client client;

    S3Blobs(S3Location location, S3Client client) {
        this.location = location;
        this.client = client;
    }

    /** A call of the client. */
    interface Call<T> {
        T run() throws IOException;
    }

    static <T> T asIo(String what, Call<T> call) throws IOException {
        try {
            return call.run();
        } catch (NoSuchKeyException e) {
            throw (IOException) new NoSuchFileException(what).initCause(e);
        } catch (SdkException e) {
            throw new IOException(what + ": " + e.getMessage(), e);
        }
    }

    private String key(String name) {
        return location.prefix() + name;
    }

    @Override
    public String place() {
        return "s3://" + location.bucket() + "/" + location.prefix();
    }

    @Override
    public List<String> names() throws IOException {
        return asIo(
                "listing " + place(),
                () -> client
                        .listObjectsV2Paginator(
                                list -> list.bucket(location.bucket()).prefix(key(Names.PREFIX)))
                        .contents()
                        .stream()
                        .map(S3Object::key)
                        .map(key -> key.substring(location.prefix().length()))
                        .toList());
    }

    /** The object as a file, which is gone when it is closed. */
    @Override
    public FileChannel open(String name) throws IOException {
        Files.createDirectories(location.scratch());
        Path path = Files.createTempFile(location.scratch(), Names.PREFIX, ".download");
        FileChannel file = FileChannel.open(
                path, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.DELETE_ON_CLOSE);
        try {
            download(name, file);
            return file;
        } catch (IOException | RuntimeException e) {
            file.close();
            throw e;
        }
    }

    /** In parts, each of which is asked for again when it breaks off. */
    private void download(String name, FileChannel file) throws IOException {
        long size = 0;
        int failures = 0;
        for (long at = 0; at == 0 || at < size; ) {
            try {
                size = part(name, file, at);
                at = file.size();
                failures = 0;
                if (size == 0) {
                    return;
                }
            } catch (NoSuchFileException e) {
                throw e;
            } catch (IOException e) {
                if (++failures == location.attempts()) {
                    throw e;
                }
                file.truncate(at);
            }
        }
    }

    /** @return the whole object's size */
    private long part(String name, FileChannel file, long at) throws IOException {
        long last = at + location.partBytes() - 1;
        return asIo(place() + name, () -> {
            try (ResponseInputStream<GetObjectResponse> in = client.getObject(
                            get -> get.bucket(location.bucket()).key(key(name)).range("bytes=" + at + "-" + last));
                    ReadableByteChannel bytes = Channels.newChannel(in)) {
                long expected = in.response().contentLength();
                long read = file.transferFrom(bytes, at, expected);
                if (read != expected) {
                    throw new IOException(place() + name + " broke off at " + (at + read) + " bytes");
                }
                String range = in.response().contentRange();
                return range == null ? expected : Long.parseLong(range, range.indexOf('/') + 1, range.length(), 10);
            } catch (S3Exception e) {
                if (e.statusCode() == RANGE_NOT_SATISFIABLE && at == 0) {
                    return 0L;
                }
                throw e;
            }
        });
    }

    @Override
    public Output create(String name) {
        return new S3Output(client, location, key(name), place() + name);
    }

    @Override
    public void put(String name, ByteBuffer bytes) throws IOException {
        asIo(
                place() + name,
                () -> client.putObject(
                        put -> put.bucket(location.bucket()).key(key(name)), RequestBody.fromByteBuffer(bytes)));
    }

    @Override
    public void delete(String name) throws IOException {
        asIo(
                place() + name,
                () -> client.deleteObject(
                        delete -> delete.bucket(location.bucket()).key(key(name))));
    }

    /** Uploads that were begun and never completed are not listed, and cost as if they were. */
    @Override
    public void sweep() throws IOException {
        List<MultipartUpload> begun = asIo(
                "listing uploads of " + place(),
                () -> new ArrayList<>(client
                        .listMultipartUploadsPaginator(
                                list -> list.bucket(location.bucket()).prefix(key(Names.PREFIX)))
                        .uploads()
                        .stream()
                        .toList()));
        for (MultipartUpload upload : begun) {
            asIo(
                    place(),
                    () -> client.abortMultipartUpload(abort ->
                            abort.bucket(location.bucket()).key(upload.key()).uploadId(upload.uploadId())));
        }
    }
}
