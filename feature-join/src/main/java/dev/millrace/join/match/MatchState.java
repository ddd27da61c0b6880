package dev.millrace.join.match;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is remembered of one request. The matcher changes a state in place and returns the one that holds from then on.
 *
 * <pre>
 *   nothing ──action──▶ waiting ──impression──▶ shown: each model's track open ──window's end──▶ closed
 *      │                   └──nothing came──▶ nothing (orphans)     ▲                             │
 *      └──────────────────────impression────────────────────────────┘   nothing ◀──lateness over──┘
 * </pre>
 *
 * @param shown null before the impression came, and after all its models have forgotten it
 * @param waiting actions whose impression is not here, in order of arrival
 */
public record MatchState(@Nullable Shown shown, List<Held> waiting) {
    /** Null when nothing is remembered. */
    static @Nullable MatchState of(@Nullable Shown shown, List<Held> waiting) {
        return shown == null && waiting.isEmpty() ? null : new MatchState(shown, waiting);
    }

    /** Whether the impression is here and a reward window runs. */
    public boolean isOpen() {
        return shown != null && shown.tracks().stream().anyMatch(track -> !track.isClosed());
    }

    public int waitingActions() {
        return waiting.size();
    }
}
