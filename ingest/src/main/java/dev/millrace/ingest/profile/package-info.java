/**
 * The profile store: attributes of users and items, looked up by every rank request, and the real-time features among
 * them.
 *
 * <p>In: ids and attributes; rows of real-time state. Out: attributes by id, as of a time. Depends on the feature codec, the
 * spec and RocksDB. Stores are shared by threads; all else is pure.
 */
@NullMarked
package dev.millrace.ingest.profile;

import org.jspecify.annotations.NullMarked;
