/**
 * Versions of a model: numbered, immutable, by name, with all that was ever done to them.
 *
 * <p>In: events of the registry's topic. Out: {@code VersionBook}, the same for everyone who read as far. Depends on
 * ps.snapshot, ingest and Kafka's clients. One thread a {@code VersionLog} reads; books are immutable.
 */
@NullMarked
package dev.millrace.ps.version;

import org.jspecify.annotations.NullMarked;
