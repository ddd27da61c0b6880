package dev.millrace.ps.snapshot;

import dev.millrace.ingest.source.DataFile;
import dev.millrace.ingest.source.DataFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.EnvironmentVariableCredentialsProvider;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.S3Object;

/**
 * The objects below a prefix of an object store, for bulk reading: each read is a request for a range, and one that
 * breaks off is asked for again. Here, where the S3 client lives. Any thread.
 */
public final class S3DataFiles implements DataFiles {
    private final S3Location location;
    private final S3Client client;

    S3DataFiles(S3Location location, AwsCredentialsProvider credentials) {
        this.location = location;
        this.client = S3SnapshotStore.client(location, credentials);
    }

    /**
     * @param place {@code s3://BUCKET/PREFIX?region=REGION&endpoint=URL}, as of {@link SnapshotPlace#parse}
     * @throws IllegalArgumentException saying what is wrong
     */
    public static S3DataFiles open(String place, Path scratch) {
        if (!(SnapshotPlace.parse(place, scratch) instanceof SnapshotPlace.Bucket bucket)) {
            throw new IllegalArgumentException("'" + place + "' is not s3://BUCKET/PREFIX");
        }
        return new S3DataFiles(bucket.model(), EnvironmentVariableCredentialsProvider.create());
    }

    @Override
    public List<DataFile> list() throws IOException {
        return S3Blobs.asIo("listing " + place(), () -> {
            List<DataFile> files = new ArrayList<>();
            for (S3Object object : client.listObjectsV2Paginator(
                            list -> list.bucket(location.bucket()).prefix(location.prefix()))
                    .contents()) {
                String name = object.key().substring(location.prefix().length());
                if (!name.isEmpty() && !name.endsWith("/") && !DataFiles.isHidden(name)) {
                    files.add(new DataFile(name, object.size()));
                }
            }
            files.sort(Comparator.comparing(DataFile::name));
            return files;
        });
    }

    @Override
    public int read(DataFile file, long position, byte[] into, int offset, int length) throws IOException {
        int wanted = (int) Math.max(0, Math.min(length, file.bytes() - position));
        int read = 0;
        int failures = 0;
        while (read < wanted) {
            try {
                read += part(file, position + read, into, offset + read, wanted - read);
                failures = 0;
            } catch (java.nio.file.NoSuchFileException e) {
                throw e;
            } catch (IOException e) {
                if (++failures >= location.attempts()) {
                    throw e;
                }
            }
        }
        return read;
    }

    private int part(DataFile file, long position, byte[] into, int offset, int length) throws IOException {
        return S3Blobs.asIo(place() + file.name(), () -> {
            try (ResponseInputStream<GetObjectResponse> in = client.getObject(get -> get.bucket(location.bucket())
                    .key(location.prefix() + file.name())
                    .range("bytes=" + position + "-" + (position + length - 1)))) {
                int read = in.readNBytes(into, offset, length);
                if (read == 0) {
                    throw new IOException(place() + file.name() + " broke off at " + position + " bytes");
                }
                return read;
            }
        });
    }

    @Override
    public String place() {
        return "s3://" + location.bucket() + "/" + location.prefix();
    }

    @Override
    public void close() {
        client.close();
    }
}
