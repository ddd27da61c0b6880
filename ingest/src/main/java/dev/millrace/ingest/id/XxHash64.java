package dev.millrace.ingest.id;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** XXH64 of a byte array (specification: "xxHash fast digest algorithm", version 0.1.1). */
final class XxHash64 {
    private static final long P1 = 0x9E3779B185EBCA87L;
    private static final long P2 = 0xC2B2AE3D27D4EB4FL;
    private static final long P3 = 0x165667B19E3779F9L;
    private static final long P4 = 0x85EBCA77C2B2AE63L;
    private static final long P5 = 0x27D4EB2F165667C5L;
    private static final int STRIPE = 32;

    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INTS = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    private XxHash64() {}

    static long hash(byte[] in, long seed) {
        return hash(in, 0, in.length, seed);
    }

    /** Of {@code in[from .. to-1]}. */
    static long hash(byte[] in, int from, int to, long seed) {
        int at = from;
        long h;
        if (to - from >= STRIPE) {
            long a = seed + P1 + P2;
            long b = seed + P2;
            long c = seed;
            long d = seed - P1;
            for (; at <= to - STRIPE; at += STRIPE) {
                a = round(a, (long) LONGS.get(in, at));
                b = round(b, (long) LONGS.get(in, at + 8));
                c = round(c, (long) LONGS.get(in, at + 16));
                d = round(d, (long) LONGS.get(in, at + 24));
            }
            h = Long.rotateLeft(a, 1) + Long.rotateLeft(b, 7) + Long.rotateLeft(c, 12) + Long.rotateLeft(d, 18);
            h = merge(merge(merge(merge(h, a), b), c), d);
        } else {
            h = seed + P5;
        }
        return avalanche(tail(in, at, to, h + (to - from)));
    }

    private static long tail(byte[] in, int from, int to, long start) {
        int at = from;
        long h = start;
        for (; at <= to - 8; at += 8) {
            h = Long.rotateLeft(h ^ round(0, (long) LONGS.get(in, at)), 27) * P1 + P4;
        }
        if (at <= to - 4) {
            h = Long.rotateLeft(h ^ ((int) INTS.get(in, at) & 0xFFFFFFFFL) * P1, 23) * P2 + P3;
            at += 4;
        }
        for (; at < to; at++) {
            h = Long.rotateLeft(h ^ (in[at] & 0xFF) * P5, 11) * P1;
        }
        return h;
    }

    private static long round(long acc, long lane) {
        return Long.rotateLeft(acc + lane * P2, 31) * P1;
    }

    private static long merge(long h, long acc) {
        return (h ^ round(0, acc)) * P1 + P4;
    }

    private static long avalanche(long h) {
        long x = (h ^ (h >>> 33)) * P2;
        x = (x ^ (x >>> 29)) * P3;
        return x ^ (x >>> 32);
    }
}
