package dev.millrace.ps.snapshot;

import java.io.IOException;

/** A snapshot file that is torn, altered, or of an unknown version. */
public final class SnapshotDamagedException extends IOException {
    private static final long serialVersionUID = 1;

    SnapshotDamagedException(String message) {
        super(message);
    }
}
