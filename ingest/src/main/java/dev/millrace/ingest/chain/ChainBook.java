package dev.millrace.ingest.chain;

import dev.millrace.ingest.proto.ChainEvent;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** All runs of all chains that are not forgotten, up to one offset of the topic. Immutable. */
public final class ChainBook {
    public static final ChainBook EMPTY = new ChainBook(Collections.emptySortedMap());

    private final SortedMap<String, ChainRun> runs;

    private ChainBook(SortedMap<String, ChainRun> runs) {
        this.runs = runs;
    }

    /** This and one more record. */
    ChainBook with(long offset, String key, ChainEvent event) {
        SortedMap<String, ChainRun> next = new TreeMap<>(runs);
        ChainRun before = next.get(event.getRun());
        if (event.hasOrder()) {
            next.put(
                    event.getRun(),
                    before == null ? ChainRun.ordered(offset, event.getOrder(), key) : before.besides(key));
        } else if (before != null && event.hasCancel()) {
            next.put(event.getRun(), before.cancelled(event.getCancel(), key));
        } else if (before != null && event.hasState()) {
            next.put(event.getRun(), before.at(event.getState(), key));
        }
        return new ChainBook(Collections.unmodifiableSortedMap(next));
    }

    /** This without the run that has this key. */
    ChainBook without(String key) {
        SortedMap<String, ChainRun> next = new TreeMap<>(runs);
        next.values().removeIf(run -> run.keys().contains(key));
        return new ChainBook(Collections.unmodifiableSortedMap(next));
    }

    public Optional<ChainRun> run(String id) {
        return Optional.ofNullable(runs.get(id));
    }

    /** Newest first. */
    public List<ChainRun> newestFirst() {
        return runs.values().stream()
                .sorted(Comparator.comparingLong(ChainRun::offset).reversed())
                .toList();
    }

    /** Those that have not ended, in the order in which they were ordered. */
    public List<ChainRun> open() {
        return runs.values().stream()
                .filter(run -> !run.status().ended())
                .sorted(Comparator.comparingLong(ChainRun::offset))
                .toList();
    }

    /** How many of a model's chains ended their last run so. A cancelled run is none. */
    public long lastEnded(String model, ChainStatus status) {
        Map<String, ChainRun> last = new HashMap<>();
        for (ChainRun run : newestFirst()) {
            boolean counts = run.order().getModel().equals(model)
                    && run.status().ended()
                    && run.status() != ChainStatus.CANCELLED;
            if (counts) {
                last.putIfAbsent(run.order().getChain(), run);
            }
        }
        return last.values().stream().filter(run -> run.status() == status).count();
    }
}
