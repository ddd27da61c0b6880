package dev.millrace.api.desk;

import dev.millrace.api.problem.Problem;
import dev.millrace.api.problem.ProblemException;
import dev.millrace.api.trace.Status;
import dev.millrace.ingest.spec.KnownNames;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Reads {@code until=served&within=2s}. */
final class Waiting {
    private static final Pattern WITHIN = Pattern.compile("(\\d{1,6})(ms|s)");
    private static final List<String> STAGES = Stream.of(Status.values())
            .filter(s -> !s.isEnd())
            .map(Status::label)
            .toList();

    private Waiting() {}

    static Status until(String text) {
        int stage = STAGES.indexOf(text);
        if (stage < 0) {
            throw refused("until", "is no stage", KnownNames.fix(text, STAGES));
        }
        return Status.values()[stage];
    }

    /** @param longest that may be asked for, and what is meant when nothing is */
    static Duration within(@Nullable String text, Duration longest) {
        if (text == null) {
            return longest;
        }
        String fix = "send a duration like 500ms or 2s, at most " + longest.toSeconds() + "s";
        Matcher matcher = WITHIN.matcher(text);
        if (!matcher.matches()) {
            throw refused("within", "is no duration", fix);
        }
        long amount = Long.parseLong(matcher.group(1));
        Duration within = "s".equals(matcher.group(2)) ? Duration.ofSeconds(amount) : Duration.ofMillis(amount);
        if (within.compareTo(longest) > 0) {
            throw refused("within", "is longer than " + longest.toSeconds() + "s", fix);
        }
        return within;
    }

    private static ProblemException refused(String field, String detail, String fix) {
        return new ProblemException(Problem.invalid(field, field + " " + detail, fix));
    }
}
