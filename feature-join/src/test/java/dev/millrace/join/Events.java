package dev.millrace.join;

import dev.millrace.ingest.feature.EncodedImpression;
import dev.millrace.ingest.proto.Action;
import dev.millrace.ingest.proto.Impression;
import dev.millrace.ingest.proto.ShownItem;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.SpecReader;

/** Small events for tests: times in milliseconds, request "r", model "m" with a window of 1 s and 500 ms of lateness. */
public final class Events {
    public static final String REQUEST = "r";
    public static final long WINDOW_MS = 1_000;
    public static final long LATENESS_MS = 500;

    /** Labels: like 1, dislike 0. */
    public static final String YAML = """
            model: m
            objective: logistic
            labels: {like: 1, dislike: 0}
            rewardWindow: 1s
            slots:
              user: {type: category, from: user.id}
              age: {type: number, from: user.age, bins: [18, 30]}
              device: {type: category, from: context.device}
              item: {type: category, from: item.id}
              genres: {type: categories, from: item.genres}
              price: {type: number, from: item.price}
            crosses: [[user, genres], [age, device], [age, item]]
            policies: {absence: negative, lateness: 500ms}
            """;

    private Events() {}

    public static ModelSpec spec() {
        return SpecReader.parse("test", YAML);
    }

    public static ModelSpec droppingSpec() {
        return SpecReader.parse("test", YAML.replace("absence: negative", "absence: drop"));
    }

    public static Impression impression(long timeMs, String... items) {
        Impression.Builder out = Impression.newBuilder()
                .setRequestId(REQUEST)
                .setModel("m")
                .setUser("u")
                .setTimeMs(timeMs);
        for (String item : items) {
            out.addItems(ShownItem.newBuilder().setItem(item).setScore(0.25f));
        }
        return out.build();
    }

    /** As the log's reader hands it on. */
    public static EncodedImpression encoded(Impression impression) {
        byte[] bytes = impression.toByteArray();
        return EncodedImpression.check(bytes, 0, bytes.length).orElseThrow();
    }

    /** Accepted when it happened. */
    public static Action action(String id, String type, String item, long timeMs) {
        return Action.newBuilder()
                .setId(id)
                .setType(type)
                .setRequestId(REQUEST)
                .setItem(item)
                .setTimeMs(timeMs)
                .setAcceptedMs(timeMs)
                .build();
    }
}
