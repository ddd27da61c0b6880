package dev.millrace.deploy.bench;

import dev.millrace.ingest.feature.FeatureCodec;
import dev.millrace.ingest.feature.FeatureValue;
import dev.millrace.ingest.feature.RawFeatures;
import dev.millrace.ingest.proto.Action;
import dev.millrace.ingest.proto.Features;
import dev.millrace.ingest.proto.Impression;
import dev.millrace.ingest.proto.ShownItem;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * The impressions and actions that the join is measured with: ten items of a catalogue, 20 raw features each, one
 * of the ten clicked. The n-th is the same in every run.
 */
final class JoinLoad {
    static final int ITEMS = 10;
    static final int ITEM_FEATURES = 20;
    static final String MODEL = "join-bench";

    private static final int CATALOGUE = 5_000;
    private static final int USERS = 20_000;
    private static final int CATEGORIES = 12;
    private static final int NUMBERS = 5;
    private static final int VALUES = 1_000;
    private static final long SEED = 4;

    private final FeatureCodec.Dictionary names = new FeatureCodec.Dictionary();
    private final ShownItem[] items = new ShownItem[CATALOGUE];
    private final Features[] users = new Features[USERS];
    private final Iterable<String> dictionary;

    JoinLoad() {
        SplittableRandom random = new SplittableRandom(SEED);
        for (int i = 0; i < CATALOGUE; i++) {
            items[i] = ShownItem.newBuilder()
                    .setItem(item(i))
                    .setScore(0.125f)
                    .setPropensity(1f)
                    .setFeatures(FeatureCodec.encode(itemFeatures(random), names))
                    .build();
        }
        for (int u = 0; u < USERS; u++) {
            users[u] = FeatureCodec.encode(userFeatures(random), names);
        }
        dictionary = List.copyOf(listOf(names.names()));
    }

    private static List<String> listOf(Iterable<String> names) {
        List<String> list = new java.util.ArrayList<>();
        names.forEach(list::add);
        return list;
    }

    private static String item(int i) {
        return "item-" + i;
    }

    private static RawFeatures itemFeatures(SplittableRandom random) {
        Map<String, FeatureValue> features = new LinkedHashMap<>();
        for (int c = 0; c < CATEGORIES; c++) {
            features.put("item.c" + c, text(random));
        }
        for (int n = 0; n < NUMBERS; n++) {
            features.put("item.n" + n, new FeatureValue.Numeric(random.nextDouble()));
        }
        for (int t = 0; t < ITEM_FEATURES - CATEGORIES - NUMBERS; t++) {
            features.put(
                    "item.t" + t,
                    new FeatureValue.Texts(
                            List.of(text(random).value() + "a", text(random).value() + "b")));
        }
        return RawFeatures.of(features);
    }

    private static RawFeatures userFeatures(SplittableRandom random) {
        Map<String, FeatureValue> features = new LinkedHashMap<>();
        for (int c = 0; c < 5; c++) {
            features.put("user.c" + c, text(random));
        }
        for (int n = 0; n < 2; n++) {
            features.put("user.n" + n, new FeatureValue.Numeric(random.nextDouble()));
        }
        for (int c = 0; c < 2; c++) {
            features.put("context.c" + c, text(random));
        }
        return RawFeatures.of(features);
    }

    private static FeatureValue.Text text(SplittableRandom random) {
        return new FeatureValue.Text("value-" + random.nextInt(VALUES));
    }

    Impression impression(long number, long timeMs) {
        SplittableRandom random = new SplittableRandom(SEED + number);
        int user = random.nextInt(USERS);
        Impression.Builder out = Impression.newBuilder()
                .setRequestId(request(number))
                .setModel(MODEL)
                .setUser("user-" + user)
                .setTimeMs(timeMs)
                .setModelVersion(1)
                .addAllNames(dictionary)
                .setFeatures(users[user]);
        int first = random.nextInt(CATALOGUE);
        for (int i = 0; i < ITEMS; i++) {
            out.addItems(items[(first + 37 * i) % CATALOGUE]);
        }
        return out.build();
    }

    private static String request(long number) {
        return "request-" + number;
    }

    /** A click on one of the ten items of that impression. */
    Action action(long number, long timeMs) {
        SplittableRandom random = new SplittableRandom(SEED + number);
        random.nextInt(USERS);
        int first = random.nextInt(CATALOGUE);
        int clicked = random.nextInt(ITEMS);
        return Action.newBuilder()
                .setId(actionId(number))
                .setType("click")
                .setRequestId(request(number))
                .setItem(item((first + 37 * clicked) % CATALOGUE))
                .setValue(1)
                .setTimeMs(timeMs)
                .setAcceptedMs(timeMs)
                .build();
    }

    static String actionId(long number) {
        return "action-" + number;
    }
}
