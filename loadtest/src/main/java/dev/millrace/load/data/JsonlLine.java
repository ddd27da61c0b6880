package dev.millrace.load.data;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.millrace.load.client.Candidate;
import dev.millrace.load.client.RankRequest;
import dev.millrace.load.data.RecordedProfile.Side;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One line of a jsonl recording, read strictly: an unknown or missing key is an error that names line and field.
 *
 * @param source for messages
 * @param timeMs milliseconds since the epoch
 */
record JsonlLine(Lines.Line source, long timeMs, Body body) {
    /** What a line says. */
    sealed interface Body {
        record Profile(RecordedProfile profile) implements Body {}

        record Rank(RankRequest rank) implements Body {}

        record Action(String requestId, RecordedAction action) implements Body {}
    }

    private static final int MAX_ID = 128;
    /** Leaves room for the run before it and the event after it. */
    private static final int MAX_REQUEST_ID = 96;

    private static final int MAX_CANDIDATES = 1000;
    private static final ObjectMapper MAPPER = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    RecordingException bad(String problem) {
        return source.bad(problem);
    }

    static JsonlLine parse(Lines.Line line, long previousMs) {
        Field root = new Field(line, "", tree(line));
        root.keys(Set.of("time", "user", "item", "rank", "event"));
        Field time = root.get("time");
        long timeMs = time == null ? previousMs : time.timeMs();
        List<String> kinds = List.of("user", "item", "rank", "event").stream()
                .filter(kind -> root.node.has(kind))
                .toList();
        if (kinds.size() != 1) {
            throw line.bad("has " + kinds + ", exactly one of user, item, rank, event expected");
        }
        Field body = root.require(kinds.getFirst());
        return new JsonlLine(
                line,
                timeMs,
                switch (kinds.getFirst()) {
                    case "user" -> new Body.Profile(profile(Side.USER, body));
                    case "item" -> new Body.Profile(profile(Side.ITEM, body));
                    case "rank" -> new Body.Rank(rank(body));
                    default -> action(body);
                });
    }

    private static JsonNode tree(Lines.Line line) {
        try {
            return MAPPER.readTree(line.text());
        } catch (JsonProcessingException e) {
            throw line.bad("is no JSON object: " + e.getOriginalMessage());
        }
    }

    private static RecordedProfile profile(Side side, Field body) {
        body.keys(Set.of("id", "features"));
        return new RecordedProfile(
                side, body.require("id").text(MAX_ID), body.require("features").features());
    }

    private static RankRequest rank(Field body) {
        body.keys(Set.of("requestId", "user", "session", "context", "candidates", "limit"));
        Field user = body.get("user");
        Field session = body.get("session");
        Field context = body.get("context");
        Field limit = body.get("limit");
        List<Candidate> candidates = new ArrayList<>();
        for (Field one : body.require("candidates").elements(1, MAX_CANDIDATES)) {
            one.keys(Set.of("item", "features"));
            Field features = one.get("features");
            candidates.add(
                    new Candidate(one.require("item").text(MAX_ID), features == null ? null : features.features()));
        }
        return new RankRequest(
                body.require("requestId").text(MAX_REQUEST_ID),
                user == null ? null : user.text(MAX_ID),
                session == null ? null : session.text(MAX_ID),
                context == null ? null : context.features(),
                candidates,
                limit == null ? null : limit.whole(1, MAX_CANDIDATES));
    }

    private static Body.Action action(Field body) {
        body.keys(Set.of("id", "type", "requestId", "item", "value", "time"));
        Field value = body.get("value");
        return new Body.Action(
                body.require("requestId").text(MAX_REQUEST_ID),
                new RecordedAction(
                        body.require("item").text(MAX_ID),
                        body.require("type").text(MAX_ID),
                        value == null ? null : value.number()));
    }

    /** A JSON value with the path that leads to it. */
    private record Field(Lines.Line line, String path, JsonNode node) {
        RecordingException bad(String expected) {
            return line.bad((path.isEmpty() ? "the line" : path) + " should be " + expected);
        }

        void keys(Set<String> known) {
            if (!node.isObject()) {
                throw bad("an object");
            }
            node.fieldNames().forEachRemaining(key -> {
                if (!known.contains(key)) {
                    throw line.bad("unknown key " + at(key) + "; known: "
                            + String.join(", ", known.stream().sorted().toList()));
                }
            });
        }

        private String at(String key) {
            return path.isEmpty() ? key : path + "." + key;
        }

        @Nullable
        Field get(String key) {
            JsonNode child = node.get(key);
            return child == null || child.isNull() ? null : new Field(line, at(key), child);
        }

        Field require(String key) {
            Field child = get(key);
            if (child == null) {
                throw line.bad(at(key) + " is missing");
            }
            return child;
        }

        String text(int longest) {
            if (!node.isTextual()
                    || node.textValue().isEmpty()
                    || node.textValue().length() > longest) {
                throw bad("text of 1.." + longest + " characters");
            }
            return node.textValue();
        }

        double number() {
            if (!node.isNumber()) {
                throw bad("a number");
            }
            return node.doubleValue();
        }

        int whole(int least, int most) {
            if (!node.isInt() || node.intValue() < least || node.intValue() > most) {
                throw bad("a whole number from " + least + " to " + most);
            }
            return node.intValue();
        }

        long timeMs() {
            if (node.isIntegralNumber()) {
                return node.longValue();
            }
            try {
                return Instant.parse(node.asText()).toEpochMilli();
            } catch (DateTimeException e) {
                throw bad("milliseconds since the epoch, or ISO-8601 like 2026-01-31T12:00:00Z");
            }
        }

        List<Field> elements(int least, int most) {
            if (!node.isArray() || node.size() < least || node.size() > most) {
                throw bad("a list of " + least + ".." + most);
            }
            List<Field> elements = new ArrayList<>();
            for (int i = 0; i < node.size(); i++) {
                elements.add(new Field(line, path + "[" + i + "]", node.get(i)));
            }
            return elements;
        }

        Map<String, Object> features() {
            if (!node.isObject()) {
                throw bad("an object of attributes");
            }
            Map<String, Object> features = new LinkedHashMap<>();
            node.properties()
                    .forEach(entry -> features.put(
                            entry.getKey(), new Field(line, at(entry.getKey()), entry.getValue()).feature()));
            return features;
        }

        private Object feature() {
            if (node.isTextual()) {
                return node.textValue();
            }
            if (node.isNumber()) {
                return node.numberValue();
            }
            if (node.isBoolean()) {
                return node.booleanValue();
            }
            if (!node.isArray()) {
                throw bad("text, a number, true, false or a list of text");
            }
            return elements(0, Integer.MAX_VALUE).stream()
                    .map(one -> one.text(Integer.MAX_VALUE))
                    .toList();
        }
    }
}
