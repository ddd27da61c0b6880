package dev.millrace.join.match;

import dev.millrace.ingest.proto.Action;
import java.util.BitSet;
import java.util.List;

/**
 * What is remembered of one request. The matcher changes a state in place and returns the one that holds from then on.
 *
 * <pre>
 *   nothing ──action──▶ Waiting ──impression──▶ Open ──window's end──▶ Closed ──lateness over──▶ nothing
 *      │                   └──nothing came──▶ nothing (orphans)  ▲
 *      └──────────────────────impression─────────────────────────┘
 * </pre>
 */
public sealed interface MatchState permits MatchState.Waiting, MatchState.Open, MatchState.Closed {

    /** Actions whose impression is not here yet, in order of arrival. */
    record Waiting(List<Action> actions) implements MatchState {}

    /**
     * The reward window runs.
     *
     * @param windowEndMs last millisecond of event time that counts
     * @param impression its bytes: they make the vectors of items that are settled later
     * @param settled places whose label is out
     * @param seen hashes of action ids
     */
    record Open(String model, long windowEndMs, byte[] impression, ShownItems items, BitSet settled, IdSet seen)
            implements MatchState {}

    /**
     * The window is over: kept only to tell late actions from orphans.
     *
     * @param forgetMs event time at which nothing remains
     */
    record Closed(String model, long forgetMs, ShownItems items, IdSet seen) implements MatchState {}
}
