package dev.millrace.ps.snapshot;

/**
 * A member that was published: what the next one may follow.
 *
 * @param increments since the last full member, this one included
 * @param fullBytes of that full member's data
 * @param incrementBytes of all increments since
 */
public record Published(long sequence, long checksum, int increments, long fullBytes, long incrementBytes) {
    Manifest.Link link() {
        return new Manifest.Link(sequence, checksum);
    }
}
