package dev.millrace.ingest.source;

/**
 * One file of a bulk source.
 *
 * @param name unique within its place, as a person knows it
 */
public record DataFile(String name, long bytes) {}
