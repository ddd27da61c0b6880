package dev.millrace.api.http;

import dev.millrace.api.rank.RankAnswer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/** An answer's JSON, in UTF-8, growing. One thread. */
final class RankAnswerJson {
    private static final int AN_ITEM = 80;
    private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] REQUEST = ascii("{\"requestId\":");
    private static final byte[] MODEL = ascii(",\"model\":");
    private static final byte[] VERSION = ascii(",\"modelVersion\":");
    private static final byte[] ITEMS = ascii(",\"items\":[");
    private static final byte[] DEGRADED = ascii(",\"degraded\":[");
    private static final byte[] ITEM = ascii("{\"item\":");
    private static final byte[] SCORE = ascii(",\"score\":");
    private static final byte[] PROPENSITY = ascii(",\"propensity\":");
    private static final byte[] HEADS = ascii(",\"heads\":{");
    private static final byte[] CERTAIN = ascii("1.0");

    private byte[] bytes;
    private int size;

    private RankAnswerJson(int room) {
        bytes = new byte[room];
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    static byte[] of(RankAnswer answer) {
        RankAnswerJson json =
                new RankAnswerJson(2 * AN_ITEM + AN_ITEM * answer.items().size());
        json.raw(REQUEST);
        json.text(answer.requestId());
        json.raw(MODEL);
        json.text(answer.model());
        json.raw(VERSION);
        json.raw(ascii(Long.toString(answer.modelVersion())));
        json.raw(ITEMS);
        for (int i = 0; i < answer.items().size(); i++) {
            if (i > 0) {
                json.one(',');
            }
            json.item(answer.items().get(i));
        }
        json.one(']');
        if (!answer.degraded().isEmpty()) {
            json.degraded(answer.degraded());
        }
        json.one('}');
        return Arrays.copyOf(json.bytes, json.size);
    }

    private void degraded(List<String> parts) {
        raw(DEGRADED);
        for (int i = 0; i < parts.size(); i++) {
            if (i > 0) {
                one(',');
            }
            text(parts.get(i));
        }
        one(']');
    }

    private void item(RankAnswer.Ranked ranked) {
        raw(ITEM);
        text(ranked.item());
        raw(SCORE);
        raw(ascii(Float.toString(ranked.score())));
        raw(PROPENSITY);
        raw(ranked.propensity() == 1f ? CERTAIN : ascii(Float.toString(ranked.propensity())));
        if (!ranked.heads().isEmpty()) {
            raw(HEADS);
            boolean first = true;
            for (var head : ranked.heads().entrySet()) {
                if (!first) {
                    one(',');
                }
                first = false;
                text(head.getKey());
                one(':');
                raw(ascii(Float.toString(head.getValue())));
            }
            one('}');
        }
        one('}');
    }

    private void one(char c) {
        room(1);
        bytes[size++] = (byte) c;
    }

    private void raw(byte[] more) {
        room(more.length);
        System.arraycopy(more, 0, bytes, size, more.length);
        size += more.length;
    }

    private void room(int more) {
        if (size + more > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(size + more, 2 * bytes.length));
        }
    }

    private void text(String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        one('"');
        int from = 0;
        for (int i = 0; i < utf8.length; i++) {
            byte c = utf8[i];
            if (c == '"' || c == '\\' || (c >= 0 && c < ' ')) {
                part(utf8, from, i);
                escape(c);
                from = i + 1;
            }
        }
        part(utf8, from, utf8.length);
        one('"');
    }

    private void part(byte[] utf8, int from, int to) {
        room(to - from);
        System.arraycopy(utf8, from, bytes, size, to - from);
        size += to - from;
    }

    private void escape(byte c) {
        one('\\');
        if (c >= ' ') {
            one((char) c);
            return;
        }
        raw(ascii("u00"));
        one((char) HEX[c >> 4]);
        one((char) HEX[c & 15]);
    }
}
