/**
 * Bytes of people who mean harm, for every parser of every module.
 *
 * <p>In: valid inputs and a seed. Out: a failing test that names the seed, the run and the bytes. Depends on the JDK only;
 * {@code JazzerTarget} lets Jazzer look for more.
 */
@NullMarked
package dev.millrace.ingest.hostile;

import org.jspecify.annotations.NullMarked;
