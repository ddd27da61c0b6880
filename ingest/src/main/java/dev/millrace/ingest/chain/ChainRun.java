package dev.millrace.ingest.chain;

import dev.millrace.ingest.proto.ChainCancel;
import dev.millrace.ingest.proto.ChainOrder;
import dev.millrace.ingest.proto.ChainState;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;

/**
 * One run of a chain: what was ordered, and where it is. Immutable.
 *
 * @param offset of its order on the topic
 * @param cancel who asked that it ends
 * @param keys of all its records
 */
public record ChainRun(
        long offset, ChainOrder order, Optional<ChainCancel> cancel, ChainState state, Set<String> keys) {
    /** Before anything was done. */
    private static final ChainState ORDERED = ChainState.newBuilder()
            .setStatus(ChainStatus.WAITING.text())
            .setStep(ChainStep.CONVERT.text())
            .build();

    public ChainRun {
        keys = Set.copyOf(keys);
    }

    static ChainRun ordered(long offset, ChainOrder order, String key) {
        return new ChainRun(offset, order, Optional.empty(), ORDERED, Set.of(key));
    }

    ChainRun cancelled(ChainCancel by, String key) {
        return new ChainRun(offset, order, cancel.or(() -> Optional.of(by)), state, with(key));
    }

    /** @throws IllegalArgumentException when it is of a later format: not for this reader */
    ChainRun at(ChainState now, String key) {
        ChainStatus.of(now.getStatus());
        ChainStep.of(now.getStep());
        return new ChainRun(offset, order, cancel, now, with(key));
    }

    /** This, when another order came under its name: the first one counts. */
    ChainRun besides(String key) {
        return new ChainRun(offset, order, cancel, state, with(key));
    }

    private Set<String> with(String key) {
        Set<String> all = new LinkedHashSet<>(keys);
        all.add(key);
        return all;
    }

    public String id() {
        return order.getRun();
    }

    public ChainStatus status() {
        return ChainStatus.of(state.getStatus());
    }

    /** That runs, or comes next; the last one that ran when it has ended. */
    public ChainStep step() {
        return ChainStep.of(state.getStep());
    }
}
