package dev.millrace.ps.snapshot;

import java.util.OptionalLong;

/**
 * Names of what a store keeps. A sequence is padded, so that names sort as sequences do; a member's data has a token of
 * its own, so that one that is written again never meets the manifest of the other.
 *
 * <pre>
 *  snapshot-SEQUENCE.mrm        manifest: publishes a member
 *  snapshot-SEQUENCE-TOKEN.mrd  its rows, removed keys and extras
 *  snapshot-SEQUENCE.mrs        version 1: all in one
 *  ….unfinished                 being written, or left by a crash
 * </pre>
 */
final class Names {
    static final String PREFIX = "snapshot-";
    static final String MANIFEST = ".mrm";
    static final String DATA = ".mrd";
    static final String VERSION_1 = ".mrs";
    static final String UNFINISHED = ".unfinished";

    private static final int DIGITS = 19;

    private Names() {}

    static String manifest(long sequence) {
        return stem(sequence) + MANIFEST;
    }

    static String data(long sequence, String token) {
        return stem(sequence) + "-" + token + DATA;
    }

    private static String stem(long sequence) {
        return PREFIX + "%019d".formatted(sequence);
    }

    static boolean isMember(String name) {
        return name.endsWith(MANIFEST) || name.endsWith(VERSION_1);
    }

    /** Empty when the name is none of a snapshot. */
    static OptionalLong sequence(String name) {
        int end = PREFIX.length() + DIGITS;
        if (!name.startsWith(PREFIX) || name.length() < end) {
            return OptionalLong.empty();
        }
        try {
            return OptionalLong.of(Long.parseLong(name, PREFIX.length(), end, 10));
        } catch (NumberFormatException e) {
            return OptionalLong.empty();
        }
    }
}
