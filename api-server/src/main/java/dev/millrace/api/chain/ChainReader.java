package dev.millrace.api.chain;

import dev.millrace.api.bus.When;
import dev.millrace.api.json.JsonIn;
import dev.millrace.ingest.proto.ChainFiles;
import dev.millrace.ingest.proto.ChainOrder;
import dev.millrace.ingest.proto.ChainStretch;
import dev.millrace.ingest.proto.ChainTerms;
import dev.millrace.ingest.source.SourceFormat;
import dev.millrace.ingest.spec.Heads;
import java.io.IOException;
import java.time.Clock;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/** Reads orders of runs. Immutable. */
final class ChainReader {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");
    private static final Pattern HEAD = Pattern.compile("[A-Za-z][A-Za-z0-9_]{0,63}");
    private static final Pattern ALIAS = Pattern.compile("[a-z][a-z0-9-]{0,39}");
    private static final int MAX_PLACES = 16;
    private static final int MAX_PLACE = 1_024;
    private static final int MAX_COLUMNS = 1_000;
    private static final int MAX_NAME = 128;
    private static final int MAX_WHY = 1_000;
    private static final int MAX_TIME = 64;
    private static final double MOST_HELD_OUT = 0.9;

    private final ChainTerms terms;
    private final double holdOut;
    private final Places places;
    private final Clock clock;

    ChainReader(ChainParts parts, Clock clock) {
        this(parts.terms(), parts.holdOut(), new Places(parts.inbox(), parts.sources()), clock);
    }

    /** @param terms of an order that says nothing else, as {@code holdOut} */
    ChainReader(ChainTerms terms, double holdOut, Places places, Clock clock) {
        this.terms = terms;
        this.holdOut = holdOut;
        this.places = places;
        this.clock = clock;
    }

    /** An order without a model and a run where none is named. */
    ChainOrder order(JsonIn.Source body) {
        return body.read(in -> {
            ChainOrder.Builder order = ChainOrder.newBuilder()
                    .setChain("batch")
                    .setPublish("champion")
                    .setTimeMs(clock.millis())
                    .setWho("rest")
                    .setHoldOut(holdOut)
                    .setTerms(terms);
            in.object(
                    List.of("run", "chain", "model", "files", "log", "holdOut", "gate", "publish", "who", "why"),
                    key -> member(in, key, order));
            if (order.getSourceCase() == ChainOrder.SourceCase.SOURCE_NOT_SET) {
                throw in.missing("files", "send files: {data: [\"day.csv\"]}, or log: {from: \"7 days ago\"}");
            }
            return order.build();
        });
    }

    private void member(JsonIn in, String key, ChainOrder.Builder order) throws IOException {
        switch (key) {
            case "run" -> order.setRun(name(in));
            case "chain" -> order.setChain(name(in));
            case "model" -> order.setModel(in.text(1, MAX_NAME));
            case "files", "log" -> {
                if (order.getSourceCase() != ChainOrder.SourceCase.SOURCE_NOT_SET) {
                    throw in.invalid("comes beside the other source", "send files, or log");
                }
                source(in, key, order);
            }
            case "holdOut" -> order.setHoldOut(share(in));
            case "gate" -> order.setTerms(terms(in));
            case "publish" -> order.setPublish(publish(in));
            case "who" -> order.setWho(in.text(1, MAX_NAME));
            default -> order.setWhy(in.text(0, MAX_WHY));
        }
    }

    private static String name(JsonIn in) throws IOException {
        String name = in.text(1, MAX_NAME);
        if (!NAME.matcher(name).matches()) {
            throw in.invalid("is '" + name + "'", "use A-Z, a-z, 0-9, '.', '_' and '-', at most 64, no sign first");
        }
        return name;
    }

    private static double share(JsonIn in) throws IOException {
        double share = in.number();
        if (!(share >= 0 && share <= MOST_HELD_OUT)) {
            throw in.invalid("is " + share, "send a share of the data, 0.." + MOST_HELD_OUT);
        }
        return share;
    }

    private static String publish(JsonIn in) throws IOException {
        String alias = in.text(0, MAX_NAME);
        if (alias.equals("none") || alias.isEmpty()) {
            return "";
        }
        if (!ALIAS.matcher(alias).matches()) {
            throw in.invalid(
                    "is '" + alias + "'", "send champion, none, or a name of a-z, 0-9 and -, beginning with a letter");
        }
        return alias;
    }

    private void source(JsonIn in, String key, ChainOrder.Builder order) throws IOException {
        if (key.equals("log")) {
            order.setLog(stretch(in));
        } else {
            order.setFiles(files(in));
        }
    }

    private ChainStretch stretch(JsonIn in) throws IOException {
        long[] times = {0, clock.millis()};
        in.object(List.of("from", "to"), key -> times[key.equals("from") ? 0 : 1] = time(in));
        if (times[1] <= times[0]) {
            throw in.invalid("needs from before to", "send {\"from\": \"7 days ago\", \"to\": \"1 hour ago\"}");
        }
        return ChainStretch.newBuilder().setFromMs(times[0]).setToMs(times[1]).build();
    }

    private long time(JsonIn in) throws IOException {
        if (in.isNumber()) {
            return in.wholeNumber(0, Long.MAX_VALUE / 2);
        }
        OptionalLong time = When.parse(in.text(1, MAX_TIME), clock.millis());
        if (time.isEmpty()) {
            throw in.invalid("is no time", "send milliseconds since the epoch, ISO-8601, or like 7 days ago");
        }
        return time.getAsLong();
    }

    private ChainFiles files(JsonIn in) throws IOException {
        ChainFiles.Builder files = ChainFiles.newBuilder();
        in.object(
                List.of(
                        "data", "format", "label", "heads", "weight", "time", "request", "columns", "badRows",
                        "hasLog"),
                key -> {
                    switch (key) {
                        case "data" -> in.array(1, MAX_PLACES, i -> files.addPlaces(place(in)));
                        case "format" -> files.setFormat(format(in));
                        case "label" -> column(in, files::setLabel);
                        case "heads" -> in.members(head -> head(in, head, files));
                        case "weight" -> column(in, files::setWeight);
                        case "time" -> column(in, files::setTime);
                        case "request" -> column(in, files::setRequest);
                        case "columns" -> in.array(0, MAX_COLUMNS, i -> column(in, files::addColumns));
                        case "badRows" -> files.setBadRows(in.wholeNumber(0, Long.MAX_VALUE));
                        default -> files.setHasLog(in.flag());
                    }
                });
        if (files.getPlacesCount() == 0) {
            throw in.missing("data", "send 1.." + MAX_PLACES + " files or folders");
        }
        return files.build();
    }

    /** Both become one argument of a command. */
    private static void head(JsonIn in, String head, ChainFiles.Builder files) throws IOException {
        if (!HEAD.matcher(head).matches() || files.getHeadsCount() == Heads.MAX) {
            throw in.invalid("is no head", "send at most " + Heads.MAX + " heads of the model, each with its column");
        }
        column(in, column -> files.putHeads(head, column));
    }

    private String place(JsonIn in) throws IOException {
        String place = in.text(1, MAX_PLACE);
        return places.find(place)
                .orElseThrow(() -> in.invalid(
                        "is not there, or may not be read",
                        "put it below one of: " + places + " (serve --config: sources)"));
    }

    private static String format(JsonIn in) throws IOException {
        String format = in.text(1, MAX_NAME);
        if (Arrays.stream(SourceFormat.values()).noneMatch(known -> known.name().equalsIgnoreCase(format))) {
            throw in.invalid(
                    "is '" + format + "'",
                    "send one of " + Arrays.toString(SourceFormat.values()).toLowerCase(Locale.ROOT));
        }
        return format.toLowerCase(Locale.ROOT);
    }

    /** It becomes an argument of a command: none may look like an option. */
    private static void column(JsonIn in, Consumer<String> to) throws IOException {
        String column = in.text(1, MAX_NAME);
        if (column.startsWith("-") || column.startsWith("@") || column.indexOf(',') >= 0) {
            throw in.invalid("is '" + column + "'", "name a column that has no comma and begins with neither - nor @");
        }
        to.accept(column);
    }

    private ChainTerms terms(JsonIn in) throws IOException {
        ChainTerms.Builder terms = this.terms.toBuilder();
        in.object(
                List.of(
                        "minSamples",
                        "minAuc",
                        "maxNormalizedEntropy",
                        "minCalibration",
                        "maxCalibration",
                        "maxRmse",
                        "maxLossAbove",
                        "maxWeight"),
                key -> {
                    double bound = in.number();
                    if (bound < 0) {
                        throw in.invalid("is " + bound, "send a bound above 0, or 0 for none");
                    }
                    switch (key) {
                        case "minSamples" -> terms.setMinSamples((long) bound);
                        case "minAuc" -> terms.setMinAuc(bound);
                        case "maxNormalizedEntropy" -> terms.setMaxNormalizedEntropy(bound);
                        case "minCalibration" -> terms.setMinCalibration(bound);
                        case "maxCalibration" -> terms.setMaxCalibration(bound);
                        case "maxRmse" -> terms.setMaxRmse(bound);
                        case "maxLossAbove" -> terms.setMaxLossAbove(bound);
                        default -> terms.setMaxWeight(bound);
                    }
                });
        return terms.build();
    }

    /** Who ends a run, and why. */
    record Ending(String who, String why) {}

    Ending ending(JsonIn.Source body) {
        return body.read(in -> {
            String[] read = {"rest", ""};
            in.object(List.of("who", "why"), key -> {
                if (key.equals("who")) {
                    read[0] = in.text(1, MAX_NAME);
                } else {
                    read[1] = in.text(0, MAX_WHY);
                }
            });
            return new Ending(read[0], read[1]);
        });
    }
}
