/**
 * Hashing: feature ids, sample ids, action ids, packed and seeded in one place.
 *
 * <p>In: text and numbers. Out: 64-bit ids. Depends on nothing. Stateless.
 */
@NullMarked
package dev.millrace.ingest.id;

import org.jspecify.annotations.NullMarked;
