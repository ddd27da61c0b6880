/**
 * The profile store: attributes of users and items, looked up by every rank request.
 *
 * <p>In: ids and attributes. Out: attributes by id. Depends on the feature codec and RocksDB. Stores are shared by
 * threads.
 */
@NullMarked
package dev.millrace.ingest.profile;

import org.jspecify.annotations.NullMarked;
