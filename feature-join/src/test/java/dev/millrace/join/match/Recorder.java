package dev.millrace.join.match;

import dev.millrace.ingest.feature.EncodedImpression;
import dev.millrace.ingest.proto.Action;
import dev.millrace.ingest.proto.DeadLetterReason;
import java.util.ArrayList;
import java.util.List;

/** Writes a match's decisions down, a line each: {@code item=label*weight@time rREVISION by action}, {@code REASON
 * action}. */
final class Recorder implements MatchOutput {
    private final List<String> lines = new ArrayList<>();
    private final List<String> counted = new ArrayList<>();

    @Override
    public void labels(EncodedImpression impression, String model, List<Label> labels) {
        for (Label label : labels) {
            String item = impression.item(label.item());
            lines.add((model.equals("m") ? "" : model + ":") + item + "=" + label.value()
                    + (label.weight() == 1 ? "" : "*" + label.weight())
                    + "@" + label.eventTimeMs()
                    + (label.revision() == 0 ? "" : " r" + label.revision())
                    + (label.byAction() ? " by action" : ""));
        }
    }

    @Override
    public void counted(Action action) {
        counted.add(action.getId());
    }

    /** Ids of the actions that count, since the last call. */
    List<String> takeCounted() {
        List<String> taken = List.copyOf(counted);
        counted.clear();
        return taken;
    }

    @Override
    public void rejected(Action action, String model, DeadLetterReason reason) {
        lines.add(reason.name().substring("DEAD_LETTER_REASON_".length()) + " " + action.getId());
    }

    @Override
    public void repeated(EncodedImpression impression) {
        lines.add("REPEATED");
    }

    /** Since the last call. */
    List<String> take() {
        List<String> taken = List.copyOf(lines);
        lines.clear();
        return taken;
    }
}
