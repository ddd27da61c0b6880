package dev.millrace.ps.snapshot;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.ingest.source.DataFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;

/** Against a real S3 server. */
class S3DataFilesTest {
    private static final StaticCredentialsProvider CREDENTIALS =
            StaticCredentialsProvider.create(AwsBasicCredentials.create(S3Server.IDENTITY, S3Server.SECRET));

    @TempDir
    Path dir;

    @Test
    void listsAndReadsRanges() throws IOException {
        assumeTrue(S3Server.isThere(), "the S3 server's jar is copied by the build");
        byte[] bytes = new byte[100_000];
        new Random(1).nextBytes(bytes);
        try (S3Server server = S3Server.start(dir)) {
            S3Location location = S3Location.of(server.endpoint(), "us-east-1", "data", "logs/", dir);
            try (S3Client client = S3SnapshotStore.client(location, CREDENTIALS)) {
                client.createBucket(create -> create.bucket("data"));
                for (String key : List.of("logs/b.csv", "logs/a/c.csv", "logs/_SUCCESS", "other/x.csv")) {
                    client.putObject(put -> put.bucket("data").key(key), RequestBody.fromBytes(bytes));
                }
            }
            try (S3DataFiles files = new S3DataFiles(location, CREDENTIALS)) {
                assertEquals(
                        List.of(new DataFile("a/c.csv", bytes.length), new DataFile("b.csv", bytes.length)),
                        files.list());
                byte[] into = new byte[60_000];
                DataFile file = new DataFile("b.csv", bytes.length);
                assertEquals(50_000, files.read(file, 1_000, into, 7, 50_000));
                assertArrayEquals(Arrays.copyOfRange(bytes, 1_000, 51_000), Arrays.copyOfRange(into, 7, 50_007));
                assertEquals(10, files.read(file, bytes.length - 10, into, 0, 1_000));
                assertEquals(0, files.read(file, bytes.length, into, 0, 1_000));
                assertThrows(IOException.class, () -> files.read(new DataFile("gone", 10), 0, into, 0, 10));
            }
        }
    }
}
