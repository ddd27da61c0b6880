package dev.millrace.api.bus;

import dev.millrace.ps.snapshot.SnapshotPlace;
import dev.millrace.ps.version.SampleTimes;
import dev.millrace.ps.version.VersionLog;

/**
 * What a model's bus is made of. Whoever opened the log closes it.
 *
 * @param remote whether remote shards learn the model: they keep no versions, and carry no directive out
 */
public record BusParts(VersionLog log, SnapshotPlace place, SampleTimes times, boolean remote) {
    /** Of a model that one process learns. */
    public BusParts(VersionLog log, SnapshotPlace place, SampleTimes times) {
        this(log, place, times, false);
    }
}
