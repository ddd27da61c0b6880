/**
 * Serving weights in processes of their own: a server that answers batched pulls from its replica's table, read-only,
 * and a client that gathers a request's weights from all of them.
 *
 * <p>In: keys. Out: weights, of one version a shard. Depends on ps.serve, ps.model, ps.table and the wire. The server
 * answers on the wire's threads; any thread reads.
 */
@NullMarked
package dev.millrace.ps.remote;

import org.jspecify.annotations.NullMarked;
