package dev.millrace.ps.snapshot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.net.URI;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class SnapshotPlaceTest {
    private static final Path SCRATCH = Path.of("scratch");

    @Test
    void aPathIsAFolder() {
        SnapshotPlace place = SnapshotPlace.parse("data/models/people", SCRATCH);
        assertEquals(SnapshotPlace.folder(Path.of("data/models/people")), place);
        assertInstanceOf(SnapshotFolder.class, place.store(0, 1, 1));
        assertEquals(SnapshotPlace.folder(Path.of("data/models/people/b")), place.below("b"));
    }

    @Test
    void anS3AddressIsABucketAndAPrefix() {
        var place = (SnapshotPlace.Bucket)
                SnapshotPlace.parse("s3://weights/models/people?region=eu-west-1&endpoint=http://store:9000", SCRATCH);
        assertEquals(
                S3Location.of(URI.create("http://store:9000"), "eu-west-1", "weights", "models/people/", SCRATCH),
                place.model());
        assertEquals("models/people/shard-3/", place.model().below("shard-3/").prefix());
        assertEquals("s3://weights/models/people/", place.toString());
        assertEquals("s3://weights/models/people/b/", place.below("b").toString());
        var plain = (SnapshotPlace.Bucket) SnapshotPlace.parse("s3://weights", SCRATCH);
        assertEquals(S3Location.of(null, "us-east-1", "weights", "", SCRATCH), plain.model());
    }

    @Test
    void whatIsWrongIsSaid() {
        for (String wrong : new String[] {"s3:/weights", "s3://weights?zone=eu", "s3://weights?endpoint=:"}) {
            assertThrows(IllegalArgumentException.class, () -> SnapshotPlace.parse(wrong, SCRATCH), wrong);
        }
    }
}
