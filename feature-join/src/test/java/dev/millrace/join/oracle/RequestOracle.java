package dev.millrace.join.oracle;

import dev.millrace.ingest.id.SampleIds;
import dev.millrace.ingest.proto.Action;
import dev.millrace.ingest.proto.Impression;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** One impression with all actions that are judged by it, in the order of the log. */
final class RequestOracle {
    /** Which reason is told when models differ. */
    private static final List<String> NEAREST = List.of("COUNTS", "DUPLICATE", "UNDO_WITHOUT", "LATE", "IGNORED");

    private final Impression impression;
    private final List<Oracle.Window> windows;
    private final Expected expected;
    private final Map<String, Integer> items = new HashMap<>();
    /** [window][item] */
    private final List<List<ItemOracle>> labels = new ArrayList<>();

    RequestOracle(Impression impression, List<Oracle.Window> windows, Expected expected) {
        this.impression = impression;
        this.windows = windows;
        this.expected = expected;
        impression.getItemsList().forEach(shown -> items.putIfAbsent(shown.getItem(), items.size()));
        for (Oracle.Window window : windows) {
            List<ItemOracle> its = new ArrayList<>();
            items.keySet().forEach(item -> its.add(null));
            items.forEach((item, place) -> its.set(place, new ItemOracle(window, impression, item)));
            labels.add(its);
        }
    }

    /** How many actions count; everything else goes into what is expected. */
    int judge(List<Oracle.Judged> actions) {
        int counted = 0;
        Set<String> seen = new HashSet<>();
        for (Oracle.Judged judged : actions) {
            Action action = judged.action();
            String reason = seen.add(action.getId()) ? reason(judged) : "DUPLICATE";
            if (reason.equals("COUNTS")) {
                counted++;
            } else {
                expected.letter(reason, action.getId(), impression.getModel());
            }
        }
        labels.forEach(its -> its.forEach(item -> item.samples(expected.samples())));
        return counted;
    }

    private String reason(Oracle.Judged judged) {
        Action action = judged.action();
        List<Integer> alive = new ArrayList<>();
        long stampMs = action.getAcceptedMs();
        for (int i = 0; i < windows.size(); i++) {
            if (windows.get(i).forgets() > judged.place()) {
                if (action.getAcceptedMs() <= windows.get(i).lateEndMs()) {
                    alive.add(i);
                }
                if (windows.get(i).closes() < judged.place()) {
                    stampMs = Math.max(stampMs, windows.get(i).endMs() + 1);
                }
            }
        }
        if (alive.stream().noneMatch(i -> knows(i, action))) {
            return "IGNORED";
        }
        Integer item = items.get(action.getItem());
        if (item == null) {
            return "ORPHAN";
        }
        var deed = new ItemOracle.Deed(
                action.getType(),
                action.getValue(),
                stampMs,
                Math.min(action.getTimeMs(), action.getAcceptedMs()),
                SampleIds.ofAction(action.getId()));
        int nearest = NEAREST.size() - 1;
        for (int i : alive) {
            String its = knows(i, action) ? labels.get(i).get(item).verdict(deed) : "IGNORED";
            nearest = Math.min(nearest, NEAREST.indexOf(its));
        }
        if (nearest == 0) {
            for (int i : alive) {
                labels.get(i).get(item).keep(deed);
            }
        }
        return NEAREST.get(nearest);
    }

    private boolean knows(int window, Action action) {
        return windows.get(window).spec().labels().rules().containsKey(action.getType());
    }
}
