package dev.millrace.ps.wire;

import org.jspecify.annotations.Nullable;

/** Why a call failed. The numbers are part of the protocol; 0 stands for an answer. */
public enum WireCode {
    /** The caller's map of shards is another version; the detail is the server's. */
    WRONG_MAP(1),
    /** The server does not hold what was asked for. */
    NOT_OWNER(2),
    /** Refused for its place in a sequence; the detail is the expected one. */
    BEHIND(3),
    /** A newer owner has said hello; the detail is its epoch. */
    FENCED(4),
    /** More than the bound is in flight or waiting: later, or slower. */
    OVERLOADED(5),
    /** The request breaks the protocol, or a bound; asking again will not help. */
    BAD_REQUEST(6),
    /** No connection, or it ended: whether the call was carried out is unknown. */
    UNAVAILABLE(7),
    /** The handler failed. */
    INTERNAL(8),
    /** No answer within the deadline: whether the call was carried out is unknown. Made by the caller's end. */
    TIMEOUT(9);

    private static final WireCode[] ALL = values();

    private final int number;

    WireCode(int number) {
        this.number = number;
    }

    /** 1 to 255. */
    public int number() {
        return number;
    }

    /** @return null if no code has this number */
    public static @Nullable WireCode of(int number) {
        return number >= 1 && number <= ALL.length ? ALL[number - 1] : null;
    }
}
