package dev.millrace.join.flink;

import java.util.List;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.OperatorStateStore;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.metrics.MetricGroup;

/**
 * How much the match remembers: gauges {@code requests} and {@code state_bytes}. Kept in checkpoints, since no backend
 * counts cheaply. After a change of the parallelism, or from a checkpoint that did not have them, a task's numbers may be
 * off, and below 0; the sum over the tasks is right in the first case. One thread; the gauges may be read by others.
 */
final class MatchSize {
    private static final String STATE = "match-size";

    private final ListState<long[]> state;
    private volatile long requests;
    private volatile long bytes;

    MatchSize(OperatorStateStore store) throws Exception {
        state = store.getListState(
                new ListStateDescriptor<>(STATE, PrimitiveArrayTypeInfo.LONG_PRIMITIVE_ARRAY_TYPE_INFO));
        long savedRequests = 0;
        long savedBytes = 0;
        for (long[] sizes : state.get()) {
            savedRequests += sizes[0];
            savedBytes += sizes[1];
        }
        requests = savedRequests;
        bytes = savedBytes;
    }

    void register(MetricGroup group) {
        group.gauge(JoinNumber.REQUESTS.label(), (Gauge<Long>) () -> requests);
        group.gauge(JoinNumber.STATE_BYTES.label(), (Gauge<Long>) () -> bytes);
    }

    /**
     * One request's state changed.
     *
     * @param before its bytes; 0: there was none
     * @param after its bytes; 0: there is none
     */
    @SuppressWarnings("NonAtomicVolatileUpdate") // one thread writes
    void changed(int before, int after) {
        requests += (after > 0 ? 1 : 0) - (before > 0 ? 1 : 0);
        bytes += after - before;
    }

    void snapshot() throws Exception {
        state.update(List.of(new long[] {requests, bytes}));
    }

    long requests() {
        return requests;
    }

    long bytes() {
        return bytes;
    }
}
