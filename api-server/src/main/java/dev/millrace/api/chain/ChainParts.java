package dev.millrace.api.chain;

import dev.millrace.ingest.chain.ChainLog;
import dev.millrace.ingest.proto.ChainTerms;
import java.nio.file.Path;
import java.util.List;

/**
 * What orders of chains are made of. Whoever opened the log closes it.
 *
 * @param terms of an order that says nothing else
 * @param holdOut of an order that says nothing else
 * @param inbox folder that relative paths are in; may be read
 * @param sources further folders, and {@code s3://} prefixes, that may be read
 */
public record ChainParts(ChainLog log, ChainTerms terms, double holdOut, Path inbox, List<String> sources) {
    public ChainParts {
        sources = List.copyOf(sources);
    }
}
