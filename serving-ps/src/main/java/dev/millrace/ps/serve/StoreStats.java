package dev.millrace.ps.serve;

/**
 * What the rows of a replica take, and where they went. Counts begin with the process.
 *
 * @param bytes of memory, empty places included
 * @param rowsInMemory all of them, unless memory is bounded
 * @param removed tombstones applied: rows that expired, or made room at the learner
 * @param evicted rows that left a bounded memory for the disk
 */
public record StoreStats(long bytes, long rowsInMemory, long removed, long evicted) {}
