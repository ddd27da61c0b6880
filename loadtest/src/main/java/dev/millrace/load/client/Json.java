package dev.millrace.load.client;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** The API's JSON: nulls are left out; unknown keys of an answer are passed over, as a newer server may send them. */
final class Json {
    private static final ObjectMapper MAPPER = JsonMapper.builder()
            .enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS)
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .defaultPropertyInclusion(
                    JsonInclude.Value.construct(JsonInclude.Include.NON_NULL, JsonInclude.Include.ALWAYS))
            .build();

    private Json() {}

    static byte[] write(Object value) {
        try {
            return MAPPER.writeValueAsBytes(value);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("cannot be written as JSON: " + e.getOriginalMessage(), e);
        }
    }

    static <T> T read(byte[] body, Class<T> type) throws IOException {
        return MAPPER.readValue(body, type);
    }

    /** The text of an RFC 9457 problem, or the start of whatever the body is. */
    static String problem(byte[] body) {
        try {
            JsonNode node = MAPPER.readTree(body);
            List<String> parts = new ArrayList<>();
            for (String key : List.of("title", "detail", "field", "fix")) {
                String text = node.path(key).asText("");
                if (!text.isEmpty()) {
                    parts.add(key.equals("title") || key.equals("detail") ? text : key + ": " + text);
                }
            }
            if (!parts.isEmpty()) {
                return String.join("; ", parts);
            }
        } catch (IOException e) {
            // Not JSON: a proxy's page, say.
            return start(body);
        }
        return start(body);
    }

    private static String start(byte[] body) {
        return new String(body, 0, Math.min(body.length, 300), java.nio.charset.StandardCharsets.UTF_8);
    }
}
