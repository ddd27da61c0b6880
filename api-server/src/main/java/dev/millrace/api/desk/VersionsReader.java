package dev.millrace.api.desk;

import dev.millrace.api.bus.ModelBus.Without;
import dev.millrace.api.bus.When;
import dev.millrace.api.json.JsonIn;
import dev.millrace.api.problem.Problem;
import dev.millrace.api.problem.ProblemException;
import dev.millrace.ps.version.VersionEvents.Said;
import java.io.IOException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads what people ask of a model's versions. Immutable. */
public final class VersionsReader {
    private static final int MAX_WHY = 1_000;
    private static final int MAX_WHO = 128;
    private static final int MAX_WITHOUT = 64;
    private static final int MAX_TO = 64;
    private static final Pattern ALIAS = Pattern.compile("[a-z][a-z0-9-]{0,39}");
    private static final Pattern TAG = Pattern.compile("\"(\\d{1,18})\"");

    private final Clock clock;

    public VersionsReader(Clock clock) {
        this.clock = clock;
    }

    /**
     * @param to version, alias or time; empty where none is asked for
     * @param skipSuspect whether what the gate suspects is left out
     */
    record Order(String to, List<Without> without, boolean hold, boolean skipSuspect, String who, String why) {}

    private static final class Draft {
        private String to = "";
        private List<Without> without = List.of();
        private boolean hold;
        private boolean skipSuspect;
        private String who;
        private String why = "";

        Draft(String who) {
            this.who = who;
        }
    }

    /**
     * @param door who asks when nobody is named
     * @param keys beside {@code who} and {@code why}; of these, {@code to} and {@code version} must be there
     */
    Order read(String door, JsonIn.Source body, List<String> keys) {
        Draft draft = new Draft(door);
        List<String> known = new ArrayList<>(keys);
        known.addAll(List.of("who", "why"));
        return body.read(in -> {
            in.object(known, name -> member(in, name, draft));
            for (String needed : List.of("to", "version")) {
                if (keys.contains(needed) && draft.to.isEmpty()) {
                    throw in.missing(needed, "give a version's number, or an alias");
                }
            }
            return order(draft);
        });
    }

    private void member(JsonIn in, String name, Draft draft) throws IOException {
        switch (name) {
            case "to", "version" ->
                draft.to = in.isNumber()
                        ? Long.toString(in.wholeNumber(1, Long.MAX_VALUE))
                        : in.text(1, MAX_TO).strip();
            case "hold" -> draft.hold = in.flag();
            case "who" -> draft.who = in.text(1, MAX_WHO);
            case "suspect" -> draft.skipSuspect = suspect(in);
            case "why" -> draft.why = in.text(0, MAX_WHY);
            default -> draft.without = without(in);
        }
    }

    private static Order order(Draft draft) {
        return new Order(draft.to, draft.without, draft.hold, draft.skipSuspect, draft.who, draft.why);
    }

    private List<Without> without(JsonIn in) throws IOException {
        List<Without> stretches = new ArrayList<>();
        in.array(0, MAX_WITHOUT, i -> {
            long[] times = new long[2];
            in.object(List.of("from", "to"), name -> times[name.equals("from") ? 0 : 1] = time(in));
            if (times[0] == 0 || times[1] <= times[0]) {
                throw in.invalid(
                        "needs from before to", "send {\"from\": \"40 minutes ago\", \"to\": \"30 minutes ago\"}");
            }
            stretches.add(new Without(times[0], times[1]));
        });
        return stretches;
    }

    private static boolean suspect(JsonIn in) throws IOException {
        String text = in.text(1, MAX_TO);
        if (!text.equals("skip") && !text.equals("learn")) {
            throw in.invalid("is '" + text + "'", "send skip or learn");
        }
        return text.equals("skip");
    }

    private long time(JsonIn in) throws IOException {
        if (in.isNumber()) {
            return in.wholeNumber(1, Long.MAX_VALUE);
        }
        OptionalLong time = When.parse(in.text(1, MAX_TO), clock.millis());
        if (time.isEmpty()) {
            throw in.invalid("is no time", "send milliseconds since the epoch, ISO-8601, or like 20 minutes ago");
        }
        return time.getAsLong();
    }

    static String alias(String name) {
        if (!ALIAS.matcher(name).matches()) {
            throw new ProblemException(Problem.invalid(
                    "alias", "'" + name + "' is no alias", "use a-z, 0-9 and -, beginning with a letter, at most 40"));
        }
        return name;
    }

    /** @return −1: any */
    public static long revision(@Nullable String ifMatch) {
        if (ifMatch == null || ifMatch.strip().equals("*")) {
            return Said.ANY;
        }
        Matcher tag = TAG.matcher(ifMatch.strip());
        if (!tag.matches()) {
            throw new ProblemException(Problem.invalid(
                    "If-Match", "If-Match is " + ifMatch, "send the ETag of GET …/versions, like \"12\""));
        }
        return Long.parseLong(tag.group(1));
    }
}
