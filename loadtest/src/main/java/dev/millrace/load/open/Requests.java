package dev.millrace.load.open;

import java.nio.ByteBuffer;

/** What a run sends, and who hears of the answers. Called by the run's thread alone. */
public interface Requests {
    /**
     * The next request, whole, with its headers and body.
     *
     * @param number 0, 1, 2, … in the order in which requests fall due
     */
    Request next(long number);

    /** @param body of the answer, from position to limit, valid during the call only */
    default void answered(Request request, int status, ByteBuffer body) {}

    /**
     * @param bytes from position to limit; read through a duplicate, so that one buffer may be sent many times
     * @param kind whose latencies it counts among, 0..{@link #MAX_KINDS} - 1
     */
    record Request(ByteBuffer bytes, int kind) {}

    int MAX_KINDS = 4;

    /** A POST of JSON, ready to be sent. */
    static ByteBuffer post(String host, String path, byte[] json) {
        String head = "POST " + path + " HTTP/1.1\r\nHost: " + host
                + "\r\nContent-Type: application/json\r\nContent-Length: " + json.length + "\r\n\r\n";
        byte[] start = head.getBytes(java.nio.charset.StandardCharsets.US_ASCII);
        return ByteBuffer.allocateDirect(start.length + json.length)
                .put(start)
                .put(json)
                .flip();
    }
}
