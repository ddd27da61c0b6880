package dev.millrace.deploy.bench.serve;

import com.google.protobuf.Value;
import dev.millrace.ingest.feature.FeatureValue;
import dev.millrace.ingest.feature.RawFeatures;
import dev.millrace.ingest.profile.ProfileStore;
import dev.millrace.ingest.proto.api.Candidate;
import dev.millrace.ingest.proto.api.RankRequest;
import dev.millrace.load.open.Requests;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * A shop: people and items with stored profiles, and requests to rank items for a person, the n-th the same in every run.
 * A candidate has 30 features: ten that all candidates share (bias, person, context), twelve of the item, eight crosses.
 *
 * @param model name
 * @param prefix of its ids
 * @param items of the catalogue
 * @param users who ask
 * @param tags different tags in all; every item has eight of them
 */
record ServeWorld(String model, String prefix, int items, int users, int tags) {
    /** Few enough weights for a core's cache: some 10,000 rows. */
    static final ServeWorld SMALL = new ServeWorld("serve-cache", "s", 2_000, 200, 500);
    /** Each item's weights are its own, nearly all: a request touches some 5,000 lines of a table that no cache holds. */
    static final ServeWorld LARGE = new ServeWorld("serve-memory", "l", 50_000, 5_000, 400_000);

    static final int SHARED = 10;
    static final int FEATURES = 30;
    static final int LIMIT = 20;

    private static final int CATEGORIES = 40;
    private static final int BRANDS = 300;
    private static final int TAGS = 8;
    static final int DIFFERENT_REQUESTS = 512;
    private static final long SEED = 6;

    /** The model's spec, YAML. */
    String spec() {
        return spec(model);
    }

    static String spec(String model) {
        return """
                model: %s
                objective: logistic
                labels: {click: 1}
                rewardWindow: 5s
                slots:
                  user: {type: category, from: user.id}
                  gender: {type: category, from: user.gender}
                  age: {type: number, from: user.age, bins: [18, 25, 35, 45, 55, 65]}
                  country: {type: category, from: user.country}
                  likes: {type: categories, from: user.likes}
                  device: {type: category, from: context.device}
                  hour: {type: category, from: context.hour}
                  item: {type: category, from: item.id}
                  category: {type: category, from: item.category}
                  brand: {type: category, from: item.brand}
                  price: {type: number, from: item.price, bins: [5, 10, 20, 50, 100]}
                  tags: {type: categories, from: item.tags}
                crosses:
                  - [user, category]
                  - [gender, category]
                  - [age, category]
                  - [country, category]
                  - [device, category]
                  - [gender, item]
                  - [country, brand]
                  - [age, brand]
                optimizer: {type: ftrl, alpha: 0.1, beta: 1, l1: 0, l2: 0}
                policies:
                  absence: negative
                  lateness: 5s
                """.formatted(model);
    }

    String user(int u) {
        return prefix + "user-" + u;
    }

    String item(int i) {
        return prefix + "item-" + i;
    }

    RawFeatures userProfile(int u) {
        SplittableRandom random = new SplittableRandom(SEED * 31 + u);
        Map<String, FeatureValue> features = new LinkedHashMap<>();
        features.put("user.gender", text(random.nextBoolean() ? "f" : "m"));
        features.put("user.age", new FeatureValue.Numeric(16 + random.nextInt(60)));
        features.put("user.country", text("c" + random.nextInt(30)));
        features.put("user.likes", texts(random, "category", 3, CATEGORIES));
        return RawFeatures.of(features);
    }

    RawFeatures itemProfile(int i) {
        SplittableRandom random = new SplittableRandom(SEED * 17 + i);
        Map<String, FeatureValue> features = new LinkedHashMap<>();
        features.put("item.category", text("category" + random.nextInt(CATEGORIES)));
        features.put("item.brand", text("brand" + random.nextInt(BRANDS)));
        features.put("item.price", new FeatureValue.Numeric(random.nextInt(200)));
        features.put("item.tags", texts(random, model, TAGS, tags));
        return RawFeatures.of(features);
    }

    RawFeatures context(int u) {
        return RawFeatures.of(Map.of("context.device", text(device(u)), "context.hour", text(hour(u))));
    }

    private static String device(int u) {
        return u % 3 == 0 ? "desktop" : "phone";
    }

    private static String hour(int u) {
        return "h" + u % 24;
    }

    private static FeatureValue text(String text) {
        return new FeatureValue.Text(text);
    }

    private static FeatureValue texts(SplittableRandom random, String prefix, int count, int different) {
        Set<String> texts = new LinkedHashSet<>();
        while (texts.size() < count) {
            texts.add(prefix + random.nextInt(different));
        }
        return new FeatureValue.Texts(List.copyOf(texts));
    }

    void putProfiles(ProfileStore profiles) {
        for (int i = 0; i < items; i++) {
            profiles.put(ProfileStore.Kind.ITEM, item(i), itemProfile(i));
        }
        for (int u = 0; u < users; u++) {
            profiles.put(ProfileStore.Kind.USER, user(u), userProfile(u));
        }
    }

    /** Different items, uniformly. */
    int[] candidates(int number, int count) {
        SplittableRandom random = new SplittableRandom(SEED + number);
        return random.ints(0, items).distinct().limit(count).toArray();
    }

    int userOf(int number) {
        return new SplittableRandom(SEED - number).nextInt(users);
    }

    /** Rank requests, posted to {@code path}, over and over. */
    Requests requests(String host, String path, int candidates) {
        return requests(host, path, candidates, Math.min(LIMIT, candidates));
    }

    Requests requests(String host, String path, int candidates, int limit) {
        List<Requests.Request> all = new ArrayList<>(DIFFERENT_REQUESTS);
        for (int n = 0; n < DIFFERENT_REQUESTS; n++) {
            ByteBuffer bytes =
                    Requests.post(host, path, body(n, candidates, limit).getBytes(StandardCharsets.UTF_8));
            all.add(new Requests.Request(bytes, 0));
        }
        return number -> all.get((int) (number % DIFFERENT_REQUESTS));
    }

    /** The same request as {@link #body}. */
    RankRequest message(int number, int candidates, int limit) {
        int u = userOf(number);
        RankRequest.Builder message = RankRequest.newBuilder()
                .setModel(model)
                .setUser(user(u))
                .setSession("s" + u)
                .putContext("device", value(device(u)))
                .putContext("hour", value(hour(u)))
                .setLimit(limit);
        IntStream.of(candidates(number, candidates))
                .forEach(i -> message.addCandidates(Candidate.newBuilder().setItem(item(i))));
        return message.build();
    }

    private static Value value(String text) {
        return Value.newBuilder().setStringValue(text).build();
    }

    String body(int number, int candidates, int limit) {
        int u = userOf(number);
        StringBuilder json = new StringBuilder("{\"user\":\"" + user(u) + "\",\"session\":\"s" + u
                + "\",\"context\":{\"device\":\"" + device(u) + "\",\"hour\":\"" + hour(u) + "\"},\"candidates\":[");
        IntStream.of(candidates(number, candidates))
                .forEach(i -> json.append("{\"item\":\"").append(item(i)).append("\"},"));
        json.setLength(json.length() - 1);
        return json.append("],\"limit\":").append(limit).append('}').toString();
    }
}
