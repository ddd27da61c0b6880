package dev.millrace.ps.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.SpecReader;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Optional;
import org.apache.kafka.common.KafkaException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServingReplicaTest {
    private static final ModelSpec SPEC = SpecReader.parse(
            "test",
            "{model: m, objective: logistic, labels: {click: 1}, rewardWindow: 1s,"
                    + " slots: {u: {type: category, from: user.id}}}");

    @TempDir
    Path dir;

    @Test
    void oneThatCannotBeBuiltGivesItsRowsBack() {
        var config = new ServingReplica.Config("no address", dir.resolve("rows"), dir.resolve("snapshots"));
        assertThrows(KafkaException.class, () -> ServingReplica.start(config, SPEC, Clock.systemUTC()));
        try (RowStore store = RowStore.open(dir.resolve("rows"))) {
            assertEquals(Optional.empty(), store.state());
        }
    }
}
