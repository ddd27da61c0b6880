package dev.millrace.ps.wire.shm;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.JJ_Result;

/** What a reader takes out of a ring is what the writer put in, whole and in order, also around the ring's end. */
@JCStressTest
@Outcome(id = "0, 0", expect = Expect.ACCEPTABLE, desc = "nothing yet")
@Outcome(
        id = {"81985529216486895, 0", "0, 81985529216486895"},
        expect = Expect.ACCEPTABLE,
        desc = "the first")
@Outcome(id = "81985529216486895, 1147797409030816545", expect = Expect.ACCEPTABLE, desc = "both")
@Outcome(expect = Expect.FORBIDDEN, desc = "bytes that were never written, or half of them")
@State
public class RingStress {
    private static final long FIRST = 0x0123_4567_89AB_CDEFL;
    private static final long SECOND = 0x0FED_CBA9_8765_4321L;
    private static final int CAPACITY = 64;
    private static final int COUNTERS = 256;

    private final Ring ring =
            new Ring(Arena.ofAuto().allocate(COUNTERS + CAPACITY, Long.BYTES), 0, COUNTERS / 2, COUNTERS, CAPACITY);
    private final ByteBuffer out = ByteBuffer.allocate(Long.BYTES);
    private final ByteBuffer in = ByteBuffer.allocate(Long.BYTES);

    /** Moves on to where the second value goes around the end. */
    public RingStress() {
        try {
            ByteBuffer passed = ByteBuffer.allocate(CAPACITY - 12);
            ring.write(passed);
            ring.read(passed.clear(), passed.capacity());
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Actor
    public void write() {
        put(FIRST);
        put(SECOND);
    }

    private void put(long value) {
        try {
            ring.write(out.clear().putLong(0, value));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Actor
    public void read(JJ_Result result) {
        result.r1 = next();
        result.r2 = next();
    }

    private long next() {
        try {
            return ring.read(in.clear(), Long.BYTES) == Long.BYTES ? in.getLong(0) : 0;
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
