package dev.millrace.join.oracle;

import dev.millrace.ingest.proto.Action;
import dev.millrace.ingest.proto.Impression;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.SpecReader;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * The join, offline: it has the whole log, takes it apart by request, and asks of each action which windows it falls into
 * by comparing its place with theirs. No state, no timers; quadratic where that is simpler.
 */
public final class Oracle {
    private final List<ModelSpec> specs;
    private final List<Arrival> log;
    private final long holdMs;
    private Expected expected = new Expected();

    private Oracle(DisorderedLog log) {
        specs = log.specs().stream()
                .map(yaml -> SpecReader.parse("oracle", yaml))
                .toList();
        this.log = log.arrivals();
        holdMs = specs.stream()
                .mapToLong(s -> s.rewardWindow().plus(s.policies().lateness()).toMillis())
                .max()
                .orElseThrow();
    }

    public static Expected expected(DisorderedLog log) {
        Oracle oracle = new Oracle(log);
        Map<String, List<Integer>> requests = new LinkedHashMap<>();
        for (int place = 0; place < oracle.log.size(); place++) {
            if (!oracle.log.get(place).isWatermark()) {
                requests.computeIfAbsent(oracle.log.get(place).requestId(), r -> new ArrayList<>())
                        .add(place);
            }
        }
        requests.values().forEach(oracle::request);
        return oracle.expected;
    }

    /** Event time as it is known at a place. */
    private long eventTime(int place) {
        long timeMs = Long.MIN_VALUE;
        for (int i = 0; i < place; i++) {
            timeMs = log.get(i).isWatermark() ? log.get(i).watermarkMs() : timeMs;
        }
        return timeMs;
    }

    /** The first place after {@code from} at which event time has reached a time. */
    private int reached(long timeMs, int from) {
        for (int i = from + 1; i < log.size(); i++) {
            if (log.get(i).isWatermark() && log.get(i).watermarkMs() >= timeMs) {
                return i;
            }
        }
        throw new IllegalStateException("the log does not end");
    }

    /** One model's windows for one impression: in event time, and in places of the log. */
    record Window(ModelSpec spec, long endMs, long lateEndMs, int closes, int forgets) {}

    /** An action, and the place at which it is judged. */
    record Judged(Action action, int place) {}

    private void request(List<Integer> places) {
        List<Integer> waiting = new ArrayList<>();
        int next = 0;
        while (next < places.size()) {
            int place = places.get(next++);
            Impression impression = log.get(place).impression();
            if (impression == null) {
                hold(place, waiting);
                continue;
            }
            List<Window> windows = windows(impression, place);
            int ends = windows.stream().mapToInt(Window::forgets).max().orElseThrow();
            List<Judged> judged = new ArrayList<>(released(place, windows, waiting));
            while (next < places.size() && places.get(next) < ends) {
                int later = places.get(next++);
                Action action = log.get(later).action();
                if (action == null) {
                    expected = expected.plus(0, 1);
                } else if (action.getAcceptedMs() > lateEnd(windows, later)) {
                    hold(later, waiting);
                } else {
                    judged.add(new Judged(action, later));
                }
            }
            judged.removeIf(each -> tooEarly(impression, each.action()));
            expected = expected.plus(new RequestOracle(impression, windows, expected).judge(judged), 0);
        }
        waiting.forEach(this::orphan);
    }

    /** It would not have waited for the impression, had it come first. */
    private boolean tooEarly(Impression impression, Action action) {
        boolean early = impression.getTimeMs() > action.getAcceptedMs() + holdMs;
        if (early) {
            expected.letter("ORPHAN", action.getId(), impression.getModel());
        }
        return early;
    }

    private List<Window> windows(Impression impression, int place) {
        List<Window> windows = new ArrayList<>();
        for (ModelSpec spec : specs) {
            long windowMs = spec.rewardWindow().toMillis();
            long latenessMs = spec.policies().lateness().toMillis();
            long endMs = impression.getTimeMs() + windowMs;
            // Behind event time it stays open as long as one that is not.
            long closesMs = Math.max(impression.getTimeMs(), eventTime(place)) + windowMs;
            windows.add(new Window(
                    spec, endMs, endMs + latenessMs, reached(closesMs, place), reached(closesMs + latenessMs, place)));
        }
        return windows;
    }

    private static long lateEnd(Collection<Window> windows, int place) {
        return windows.stream()
                .filter(w -> w.forgets() > place)
                .mapToLong(Window::lateEndMs)
                .max()
                .orElseThrow();
    }

    private void orphan(int place) {
        expected.letter("ORPHAN", id(place), "");
    }

    private String id(int place) {
        return Objects.requireNonNull(log.get(place).action()).getId();
    }

    private int givenUp(int place) {
        return reached(Math.max(log.get(place).stampMs(), eventTime(place)) + holdMs, place);
    }

    private void hold(int place, List<Integer> waiting) {
        waiting.removeIf(other -> {
            boolean gone = givenUp(other) < place;
            if (gone) {
                orphan(other);
            }
            return gone;
        });
        waiting.add(place);
    }

    /** Those that waited for the impression. */
    private List<Judged> released(int place, List<Window> windows, List<Integer> waiting) {
        List<Judged> released = new ArrayList<>();
        waiting.removeIf(other -> {
            Action action = Objects.requireNonNull(log.get(other).action());
            if (givenUp(other) < place) {
                orphan(other);
                return true;
            }
            if (action.getAcceptedMs() > lateEnd(windows, place)) {
                return false;
            }
            released.add(new Judged(action, place));
            return true;
        });
        return released;
    }
}
