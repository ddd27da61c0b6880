/**
 * Runs of batch chains: ordered, listed, ended. What they do is done elsewhere.
 *
 * <p>In: JSON, the topic of chains. Out: orders on it. Depends on ingest.chain, api.json and api.problem. Safe for many
 * threads.
 */
@NullMarked
package dev.millrace.api.chain;

import org.jspecify.annotations.NullMarked;
