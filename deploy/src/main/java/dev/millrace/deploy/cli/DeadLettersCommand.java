package dev.millrace.deploy.cli;

import dev.millrace.ingest.letter.DeadLetterLog;
import dev.millrace.ingest.letter.LetterFilter;
import dev.millrace.ingest.letter.StoredLetter;
import dev.millrace.ingest.proto.Action;
import dev.millrace.ingest.proto.DeadLetter;
import dev.millrace.ingest.proto.DeadLetterReason;
import dev.millrace.ingest.spec.KnownNames;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code millrace dead-letters}. */
@Command(
        name = "dead-letters",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "(list | replay)",
        header = "Shows what became no label, and why; plays it again.",
        description = {
            "",
            "Reasons: late, orphan (no impression of its request and item), duplicate, ignored (no label of its type),"
                    + " undo_without (takes back what is not there), too_many (more actions than are remembered of a"
                    + " request), unreadable (also: impressions of a model that no spec learns from).",
            ""
        },
        subcommands = {DeadLettersCommand.ListLetters.class, DeadLettersCommand.Replay.class})
final class DeadLettersCommand {
    private static final String PREFIX = "DEAD_LETTER_REASON_";

    /** Which letters; the same for both. */
    static final class Selection {
        @Option(
                names = "--bootstrap-servers",
                required = true,
                paramLabel = "HOST:PORT",
                description = "Kafka with the log.")
        private String bootstrapServers = "";

        @Option(
                names = "--reason",
                split = ",",
                paramLabel = "R",
                description = "Only with these reasons, like late,orphan.")
        private List<String> reasons = List.of();

        @Option(names = "--model", paramLabel = "M", description = "Only of this model.")
        @Nullable
        private String model;

        @Option(names = "--request", paramLabel = "ID", description = "Only of this request.")
        @Nullable
        private String request;

        @Option(
                names = "--from",
                paramLabel = "OFFSET",
                defaultValue = "0",
                description = "First offset. Default: the oldest.")
        private long from;

        @Option(
                names = "--to",
                paramLabel = "OFFSET",
                description = "Offset after the last. Default: what is there now.")
        private long to = Long.MAX_VALUE;

        DeadLetterLog log() {
            return new DeadLetterLog(bootstrapServers);
        }

        DeadLetterLog.Range range() {
            if (from < 0 || to < from) {
                throw new IllegalArgumentException("--from " + from + " --to " + to + ": 0 or more, in this order");
            }
            return new DeadLetterLog.Range(from, to);
        }

        LetterFilter filter() {
            return new LetterFilter(
                    reasons.stream().map(DeadLettersCommand::reason).collect(Collectors.toSet()), model, request);
        }
    }

    static String name(DeadLetterReason reason) {
        return reason == DeadLetterReason.UNRECOGNIZED
                ? "unrecognized"
                : reason.name().substring(PREFIX.length()).toLowerCase(Locale.ROOT);
    }

    private static DeadLetterReason reason(String name) {
        Set<String> known = new TreeSet<>();
        for (DeadLetterReason reason : DeadLetterReason.values()) {
            if (name(reason).equals(name)) {
                return reason;
            }
            known.add(name(reason));
        }
        known.removeAll(Arrays.asList("unspecified", "unrecognized"));
        throw new IllegalArgumentException("--reason '" + name + "'; " + KnownNames.fix(name, known));
    }

    /** {@code millrace dead-letters list}. */
    @Command(
            name = "list",
            mixinStandardHelpOptions = true,
            sortOptions = false,
            header = "Prints dead letters, oldest first, and how many there are of each reason.")
    static final class ListLetters implements Runnable {
        @Mixin
        private Selection selection = new Selection();

        @Option(
                names = "--limit",
                paramLabel = "N",
                defaultValue = "100",
                description = "Letters that are printed; all are counted. Default: ${DEFAULT-VALUE}.")
        private long limit;

        @Spec
        @Nullable
        private CommandSpec spec;

        @Override
        public void run() {
            PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
            Map<DeadLetterReason, Long> counts = new EnumMap<>(DeadLetterReason.class);
            long[] printed = {0};
            long next = selection.log().read(selection.range(), selection.filter(), stored -> {
                counts.merge(stored.letter().getReason(), 1L, Long::sum);
                if (printed[0]++ < limit) {
                    out.println(line(stored));
                }
            });
            String summary = counts.isEmpty()
                    ? "none"
                    : counts.entrySet().stream()
                            .map(e -> e.getValue() + " " + name(e.getKey()))
                            .collect(Collectors.joining(", "));
            out.printf(Locale.ROOT, "%s; next offset %d%n", summary, next);
            out.flush();
        }

        private static String line(StoredLetter stored) {
            DeadLetter letter = stored.letter();
            Action action = letter.getAction();
            String what = letter.hasAction()
                    ? String.format(
                            Locale.ROOT,
                            "%s %s of item %s in request %s, accepted %s",
                            action.getType(),
                            action.getId(),
                            action.getItem(),
                            action.getRequestId(),
                            Instant.ofEpochMilli(action.getAcceptedMs()))
                    : letter.getRaw().size() + " bytes";
            return String.format(
                    Locale.ROOT,
                    "%d %s %s%s: %s",
                    stored.offset(),
                    Instant.ofEpochMilli(letter.getTimeMs()),
                    name(letter.getReason()),
                    letter.getModel().isEmpty() ? "" : " of model " + letter.getModel(),
                    what);
        }
    }

    /** {@code millrace dead-letters replay}. */
    @Command(
            name = "replay",
            mixinStandardHelpOptions = true,
            sortOptions = false,
            header = "Writes the events of dead letters to the log again, oldest first.",
            description = {
                "",
                "They keep their stamps, so they count for the windows that they were made in: an impression whose"
                        + " model was unknown when it came, with the actions that were its orphans; an action whose"
                        + " impression came later still. What stays late, or without an impression, is a dead letter"
                        + " again. Letters that hold no event (cut or damaged bytes) are counted and left.",
                ""
            })
    static final class Replay implements Runnable {
        @Mixin
        private Selection selection = new Selection();

        @Spec
        @Nullable
        private CommandSpec spec;

        @Override
        public void run() {
            PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
            DeadLetterLog.Replayed done = selection.log().replay(selection.range(), selection.filter());
            out.printf(
                    Locale.ROOT,
                    "%d played again, %d hold no event; go on with --from %d%n",
                    done.played(),
                    done.unplayable(),
                    done.next());
            out.flush();
        }
    }
}
