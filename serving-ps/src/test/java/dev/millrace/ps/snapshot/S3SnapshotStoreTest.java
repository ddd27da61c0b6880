package dev.millrace.ps.snapshot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.MultipartUpload;

/** Against a real S3 server. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class S3SnapshotStoreTest extends SnapshotStoreContract {
    private static final StaticCredentialsProvider CREDENTIALS =
            StaticCredentialsProvider.create(AwsBasicCredentials.create(S3Server.IDENTITY, S3Server.SECRET));
    private static final int PART = 5 << 20;

    @TempDir
    static Path dir;

    private S3Server server;
    private S3Client client;
    private S3Location location;
    private int tests;

    @BeforeAll
    void start() throws IOException {
        assumeTrue(S3Server.isThere(), "the S3 server's jar is copied by the build");
        server = S3Server.start(dir);
        client = S3SnapshotStore.client(at(server.endpoint(), ""), CREDENTIALS);
        client.createBucket(create -> create.bucket("snapshots"));
    }

    @AfterAll
    void stop() {
        if (server != null) {
            client.close();
            server.close();
        }
    }

    @BeforeEach
    void nextPrefix() {
        location = at(server.endpoint(), "model-" + tests++ + "/shard-0/");
    }

    private static S3Location at(URI endpoint, String prefix) {
        return new S3Location(
                endpoint,
                "us-east-1",
                "snapshots",
                prefix,
                true,
                dir.resolve("scratch"),
                PART,
                3,
                Duration.ofSeconds(20));
    }

    @Override
    int damages() {
        return 6;
    }

    @Override
    SnapshotStore store(int keep) {
        return new S3SnapshotStore(location, keep, CREDENTIALS);
    }

    @Override
    Blobs blobs() {
        return new S3Blobs(location, client);
    }

    @Override
    void overwrite(String name, byte[] bytes) throws IOException {
        blobs().put(name, ByteBuffer.wrap(bytes));
    }

    @Test
    void largeOnesGoUpAndComeDownInParts() throws IOException, InterruptedException {
        try (Chain chain = new Chain(store(1), SnapshotWriter.Config.defaults(), 1)) {
            for (long key = 1; key <= 500_000; key++) {
                chain.table.findOrInsert(key);
            }
            Published published = chain.snapshot(1);
            assertTrue(published.fullBytes() > 3L * PART);
            assertNewestIs(chain, 1);
        }
        assertNothingIsLeft();
    }

    @Test
    void anUploadThatACrashLeftIsAborted() throws IOException, InterruptedException {
        Blobs.Output left = blobs().create(Names.data(1, "deadbeef"));
        byte[] bytes = new byte[PART + 1];
        new Random(1).nextBytes(bytes);
        left.write(ByteBuffer.wrap(bytes));
        assertEquals(1, uploads().size());
        try (Chain chain = new Chain(store(1), Chain.CONFIG, 1)) {
            chain.snapshot(2);
            assertNewestIs(chain, 2);
        }
        assertNothingIsLeft();
    }

    @Test
    void aStoreThatIsAwayFailsTheSnapshotAndNotTheOwner() throws InterruptedException {
        S3Location nowhere = at(URI.create("http://127.0.0.1:1"), "");
        try (S3SnapshotStore store = new S3SnapshotStore(nowhere, 1, CREDENTIALS);
                Chain chain = new Chain(store, Chain.CONFIG, 1)) {
            chain.learn(1000, 1000);
            chain.begin(1);
            assertEquals(null, chain.writer.complete());
            String said = String.valueOf(
                    assertThrows(IOException.class, store::newest).getMessage());
            assertTrue(said.contains("s3://snapshots/"), said);
        }
    }

    @Test
    void boundsOfALocationAreChecked() {
        assertThrows(IllegalArgumentException.class, () -> S3Location.of(null, "eu", "b", "no-slash", dir));
        assertThrows(IllegalArgumentException.class, () -> S3Location.of(null, "eu", "", "", dir));
        assertEquals(false, S3Location.of(null, "eu", "b", "", dir).pathStyle());
    }

    private List<MultipartUpload> uploads() {
        return client.listMultipartUploads(list -> list.bucket("snapshots").prefix(location.prefix()))
                .uploads();
    }

    private void assertNothingIsLeft() throws IOException {
        assertEquals(List.of(), uploads());
        try (Stream<Path> scratch = Files.list(dir.resolve("scratch"))) {
            assertEquals(List.of(), scratch.toList());
        }
    }
}
