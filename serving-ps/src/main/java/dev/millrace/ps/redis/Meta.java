package dev.millrace.ps.redis;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** What Redis says of a model: which spec its weights are of, and how they are laid out. */
record Meta(long fingerprint, RedisLayout layout) {
    private static final String FORMAT = "1";

    Map<byte[], byte[]> encode() {
        return Map.of(
                Scripts.text("format"), Scripts.text(FORMAT),
                Scripts.text("fingerprint"), Scripts.number(fingerprint),
                Scripts.text("shards"), Scripts.number(layout.shards()),
                Scripts.text("buckets"), Scripts.number(layout.bucketsPerShard()));
    }

    /** Empty when it says nothing, or nothing that is known here. */
    static Optional<Meta> decode(String model, Map<byte[], byte[]> fields) {
        Map<String, String> text = new HashMap<>();
        fields.forEach((name, value) ->
                text.put(new String(name, StandardCharsets.UTF_8), new String(value, StandardCharsets.UTF_8)));
        if (!FORMAT.equals(text.get("format"))) {
            return Optional.empty();
        }
        try {
            var layout = new RedisLayout(
                    model,
                    Integer.parseInt(text.getOrDefault("shards", "")),
                    Integer.parseInt(text.getOrDefault("buckets", "")));
            return Optional.of(new Meta(Long.parseLong(text.getOrDefault("fingerprint", "")), layout));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }
}
