package dev.millrace.ps.snapshot;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.CompletedPart;

/**
 * An object that is written: in one request when it is small, else in parts, which are an object only once they are
 * completed. Holds one part in memory.
 */
final class S3Output implements Blobs.Output {
    private final S3Client client;
    private final S3Location location;
    private final String key;
    private final String name;
    private final byte[] part;
    private final List<CompletedPart> parts = new ArrayList<>();
    private int used;
    private @Nullable String upload;
    private boolean finished;

    /** @param name for messages */
    S3Output(S3Client client, S3Location location, String key, String name) {
        this.client = client;
        this.location = location;
        this.key = key;
        this.name = name;
        this.part = new byte[location.partBytes()];
    }

    @Override
    public void write(ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            int more = Math.min(bytes.remaining(), part.length - used);
            bytes.get(part, used, more);
            used += more;
            if (used == part.length) {
                upload(begun());
            }
        }
    }

    private String begun() throws IOException {
        if (upload == null) {
            upload = S3Blobs.asIo(
                    name,
                    () -> client.createMultipartUpload(
                                    create -> create.bucket(location.bucket()).key(key))
                            .uploadId());
        }
        return upload;
    }

    private void upload(String id) throws IOException {
        int number = parts.size() + 1;
        String tag = S3Blobs.asIo(
                name,
                () -> client.uploadPart(
                                request -> request.bucket(location.bucket())
                                        .key(key)
                                        .uploadId(id)
                                        .partNumber(number),
                                body())
                        .eTag());
        parts.add(CompletedPart.builder().partNumber(number).eTag(tag).build());
        used = 0;
    }

    private RequestBody body() {
        return RequestBody.fromByteBuffer(ByteBuffer.wrap(part, 0, used));
    }

    @Override
    public void finish() throws IOException {
        String id = upload;
        if (id == null) {
            S3Blobs.asIo(
                    name,
                    () -> client.putObject(put -> put.bucket(location.bucket()).key(key), body()));
        } else {
            if (used > 0) {
                upload(id);
            }
            S3Blobs.asIo(
                    name,
                    () -> client.completeMultipartUpload(complete -> complete.bucket(location.bucket())
                            .key(key)
                            .uploadId(id)
                            .multipartUpload(all -> all.parts(parts))));
        }
        finished = true;
    }

    @Override
    public void close() throws IOException {
        String id = upload;
        if (!finished && id != null) {
            S3Blobs.asIo(
                    name,
                    () -> client.abortMultipartUpload(
                            abort -> abort.bucket(location.bucket()).key(key).uploadId(id)));
        }
    }
}
