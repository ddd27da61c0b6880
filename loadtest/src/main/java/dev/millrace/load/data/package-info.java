/**
 * Recorded people: what data sets say that somebody was shown and did.
 *
 * <p>In: a folder or file as its publisher made it. Out: a {@link dev.millrace.load.data.Recording}, in memory and in
 * time order, or a {@link dev.millrace.load.data.RecordingException} that names the line. Depends on the shapes of
 * {@code load.client}. Everything is immutable.
 */
@NullMarked
package dev.millrace.load.data;

import org.jspecify.annotations.NullMarked;
