package dev.millrace.api.bus;

import dev.millrace.ps.snapshot.SnapshotPlace;
import dev.millrace.ps.version.SampleTimes;
import dev.millrace.ps.version.VersionLog;

/** What a model's bus is made of. Whoever opened the log closes it. */
public record BusParts(VersionLog log, SnapshotPlace place, SampleTimes times) {}
