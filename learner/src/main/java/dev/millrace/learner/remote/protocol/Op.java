package dev.millrace.learner.remote.protocol;

/** The operations of a training shard. Every body begins with an {@link Envelope}. */
public final class Op {
    /** Introduces a learner for some partitions, and asks where the shard is: {@link Hello}. */
    public static final int HELLO = 16;
    /** i32 n · i64 key[n], answered by f32 weight[n]. */
    public static final int PULL = 17;
    /** i64 epoch of the partition · a {@code Push}, answered by {@link Hello.Progress} without its partition. */
    public static final int PUSH = 18;
    /** {@link ShardStatus}; needs no incarnation. */
    public static final int STATUS = 19;
    /**
     * i64 place, answered by i64 next place · i32 n · i32 stride · whole rows of the table whose place is at least that, in no order
     * within a call: for audits. Needs no incarnation.
     */
    public static final int ROWS = 20;

    private Op() {}
}
