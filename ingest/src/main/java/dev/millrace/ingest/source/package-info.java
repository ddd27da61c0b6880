/**
 * Bulk data: labelled rows in files, read by many workers into sample blocks.
 *
 * <p>In: CSV, TSV, JSON lines, Parquet, Vowpal Wabbit's text or block files, from a folder or an object store. Out:
 * {@link dev.millrace.ingest.sample.SampleBlock}s. Depends on the vectorizer, sample blocks and the spec. Splits are
 * shared by the workers; a reader belongs to one.
 */
@NullMarked
package dev.millrace.ingest.source;

import org.jspecify.annotations.NullMarked;
