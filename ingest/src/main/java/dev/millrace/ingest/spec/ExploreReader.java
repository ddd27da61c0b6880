package dev.millrace.ingest.spec;

import java.util.List;

/** Reads a spec's {@code explore}. */
final class ExploreReader {
    static final List<String> KEYS = List.of("epsilon", "shuffle");
    static final List<String> SHUFFLE_KEYS = List.of("top", "rate");

    private ExploreReader() {}

    /** @param yaml may be empty */
    static Explore read(YamlMap yaml) {
        yaml.known(KEYS);
        double epsilon = part(yaml, "epsilon");
        return new Explore(epsilon, shuffle(yaml));
    }

    private static Explore.Shuffle shuffle(YamlMap yaml) {
        YamlMap shuffle = yaml.map("shuffle").known(SHUFFLE_KEYS);
        if (!yaml.has("shuffle")) {
            return Explore.Shuffle.NONE;
        }
        for (String key : SHUFFLE_KEYS) {
            if (!shuffle.has(key)) {
                shuffle.problem(key, "is missing; like {top: 5, rate: 0.1}");
            }
        }
        int top = (int) shuffle.whole("top", 2, 2, Explore.Shuffle.MAX_TOP);
        return new Explore.Shuffle(top, part(shuffle, "rate"));
    }

    private static double part(YamlMap yaml, String name) {
        return yaml.number(name, 0, v -> v >= 0 && v <= 1, "the part of the requests, 0..1");
    }
}
