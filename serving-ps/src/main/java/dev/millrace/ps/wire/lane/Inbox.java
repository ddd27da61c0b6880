package dev.millrace.ps.wire.lane;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * What was read from a peer and not yet taken, in one chunk; the connection's thread alone. Memory grows with the bytes
 * that came, never with those that a header promises.
 */
final class Inbox {
    private static final int CHUNK = 256 << 10;
    private static final int LITTLE_ROOM = 32 << 10;

    private Chunk chunk = new Chunk(CHUNK);
    private int start;
    private int end;

    /** Of the frames that lately came whole: the next may be as large. */
    private int largest = CHUNK - LITTLE_ROOM;

    Chunk chunk() {
        return chunk;
    }

    /** Index of the first byte not taken. */
    int start() {
        return start;
    }

    int available() {
        return end - start;
    }

    void take(int bytes) {
        start += bytes;
        largest = Math.max(largest, bytes);
    }

    /** @return as {@link Duplex#read} */
    int fill(Duplex peer) throws IOException {
        makeRoom();
        ByteBuffer target = chunk.bytes;
        target.limit(target.capacity()).position(end);
        int n = peer.read(target);
        end = target.position();
        return n;
    }

    private void makeRoom() {
        int left = end - start;
        int capacity = chunk.bytes.capacity();
        boolean mine = chunk.isMineAlone();
        if (left == 0 && mine) {
            start = 0;
            end = 0;
        } else if (capacity - end < LITTLE_ROOM) {
            boolean roomInFront = mine && left <= capacity / 2;
            moveTo(roomInFront ? chunk : new Chunk(Math.max(largest + LITTLE_ROOM, 2 * left)), left);
        }
    }

    /** Nothing has come for a while: what large frames needed goes back. */
    void shrink() {
        largest = CHUNK - LITTLE_ROOM;
        if (start == end && chunk.isMineAlone() && chunk.bytes.capacity() > CHUNK) {
            moveTo(new Chunk(CHUNK), 0);
        }
    }

    private void moveTo(Chunk to, int left) {
        to.bytes.put(0, chunk.bytes, start, left);
        if (to != chunk) {
            chunk.release();
            chunk = to;
        }
        start = 0;
        end = left;
    }

    void close() {
        chunk.release();
    }
}
