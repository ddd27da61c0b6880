/**
 * What a learner and a shard say to each other: operations, the envelope of each request, flat bodies.
 *
 * <p>In: numbers and keys. Out: little-endian bytes, and back. Depends on nothing. Stateless.
 */
@NullMarked
package dev.millrace.learner.remote.protocol;

import org.jspecify.annotations.NullMarked;
