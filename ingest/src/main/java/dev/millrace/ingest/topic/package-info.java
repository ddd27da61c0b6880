/**
 * The topics: their names, and their creation.
 *
 * <p>In: model names. Out: topics that exist. Depends on Kafka's admin client. Stateless.
 */
@NullMarked
package dev.millrace.ingest.topic;

import org.jspecify.annotations.NullMarked;
