/**
 * Exploration: what is shown instead of best first, and with what probability.
 *
 * <p>In: rankings of the candidates, the spec's {@code explore}. Out: {@code Slate}. Depends on ingest's spec and hash only.
 * Pure and immutable; runs on its caller's thread.
 */
@NullMarked
package dev.millrace.api.explore;

import org.jspecify.annotations.NullMarked;
