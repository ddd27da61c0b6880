package dev.millrace.join.match;

import java.util.List;

/**
 * A request whose impression came. Changed in place by the matcher.
 *
 * @param model whose impression it is
 * @param impression its bytes: they make the vectors of items that are settled later; empty when none is
 * @param seen hashes of action ids
 * @param deeds actions that count, in order of arrival
 * @param tracks one a model that learns from it, never empty
 */
record Shown(String model, byte[] impression, ShownItems items, IdSet seen, List<Deed> deeds, List<Track> tracks) {
    static final byte[] NO_IMPRESSION = {};

    /** Without what no label needs any more. */
    Shown without() {
        return new Shown(model, NO_IMPRESSION, items, seen, List.of(), tracks);
    }

    long lateEndMs() {
        return tracks.stream().mapToLong(Track::lateEndMs).max().orElse(Long.MIN_VALUE);
    }
}
