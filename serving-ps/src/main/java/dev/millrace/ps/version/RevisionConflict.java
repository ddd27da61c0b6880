package dev.millrace.ps.version;

/** The registry had moved on from what the writer had seen: nothing was changed. */
public final class RevisionConflict extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final long revision;

    RevisionConflict(long expected, long revision) {
        super("the registry is at revision " + revision + ", not " + expected);
        this.revision = revision;
    }

    /** Where the registry is. */
    public long revision() {
        return revision;
    }
}
