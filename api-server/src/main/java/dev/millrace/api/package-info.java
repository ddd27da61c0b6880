/**
 * The API server: its configuration and its assembly.
 *
 * <p>In: weights, profiles, a publisher. Out: a running HTTP server. Depends on ingest, serving-ps and every room below.
 * Started and closed by one thread.
 */
@NullMarked
package dev.millrace.api;

import org.jspecify.annotations.NullMarked;
