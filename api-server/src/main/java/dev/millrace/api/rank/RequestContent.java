package dev.millrace.api.rank;

import dev.millrace.ingest.feature.FeatureValue;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Digest of what a request asks for: everything but its id. The order of an object's keys does not matter. */
final class RequestContent {
    private final MessageDigest digest;

    private RequestContent() {
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** SHA-256 in hexadecimal: nobody can make two requests that count as one. O(bytes of the request). */
    static String of(String model, RankRequest request) {
        RequestContent content = new RequestContent();
        content.text(model);
        content.text(request.user());
        content.text(request.session());
        content.features(request.context());
        content.number(request.limit());
        for (RankRequest.Candidate candidate : request.candidates()) {
            content.text(candidate.item());
            content.features(candidate.features());
        }
        return HexFormat.of().formatHex(content.digest.digest());
    }

    private void features(Map<String, FeatureValue> features) {
        number(features.size());
        new TreeMap<>(features).forEach((name, value) -> {
            text(name);
            switch (value) {
                case FeatureValue.Text text -> texts('t', List.of(text.value()));
                case FeatureValue.Texts texts -> texts('s', texts.values());
                case FeatureValue.Numeric number -> {
                    number('n');
                    number(Double.doubleToLongBits(number.value()));
                }
            }
        });
    }

    private void texts(char kind, List<String> texts) {
        number(kind);
        number(texts.size());
        texts.forEach(this::text);
    }

    /** With its length before it, so that no two requests run together into the same bytes. */
    private void text(@Nullable String text) {
        if (text == null) {
            number(-1);
            return;
        }
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        number(bytes.length);
        digest.update(bytes);
    }

    private void number(long value) {
        digest.update(ByteBuffer.allocate(Long.BYTES).putLong(value).flip());
    }
}
