/**
 * Ranking: from a request to an answer that stands on the log.
 *
 * <p>In: {@code RankRequest}. Out: {@code RankAnswer}, and an impression on the log. Depends on ps.serve, ingest's profiles and
 * features, api.log. Runs on its caller's (virtual) thread; shared objects are immutable or say how they are guarded.
 */
@NullMarked
package dev.millrace.api.rank;

import org.jspecify.annotations.NullMarked;
