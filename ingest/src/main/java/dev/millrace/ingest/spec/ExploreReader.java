package dev.millrace.ingest.spec;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads a spec's {@code explore}. */
final class ExploreReader {
    static final List<String> KEYS = List.of("epsilon", "thompson", "shuffle");
    static final List<String> THOMPSON_KEYS = List.of("draws", "scale");
    static final List<String> SHUFFLE_KEYS = List.of("top", "rate");

    private ExploreReader() {}

    /** @param yaml may be empty */
    static Explore read(YamlMap yaml) {
        yaml.known(KEYS);
        double epsilon = part(yaml, "epsilon");
        return new Explore(epsilon, thompson(yaml), shuffle(yaml));
    }

    /** What draws of weights need of the rest of the spec. */
    static void check(
            YamlMap yaml, Explore explore, Objective objective, Network network, Ftrl ftrl, Policies policies) {
        if (explore.thompson() == null) {
            return;
        }
        if (!network.isLinear() || objective != Objective.LOGISTIC) {
            yaml.problem("explore.thompson", "is for linear, logistic models; take epsilon");
        }
        if (ftrl.beta() == 0 && ftrl.l2() == 0) {
            yaml.problem(
                    "explore.thompson",
                    "needs optimizer.beta or l2 above 0, which say how far an unknown weight may be");
        }
        if (policies.weights() != WeightFormat.F32) {
            yaml.problem("policies.weights", "rounds weights only, not what explore.thompson needs; leave it out");
        }
    }

    private static Explore.@Nullable Thompson thompson(YamlMap yaml) {
        YamlMap thompson = yaml.map("thompson").known(THOMPSON_KEYS);
        if (!yaml.has("thompson")) {
            return null;
        }
        Explore.Thompson d = Explore.Thompson.DEFAULT;
        return new Explore.Thompson(
                (int) thompson.whole("draws", d.draws(), 1, Explore.Thompson.MAX_DRAWS),
                thompson.number("scale", d.scale(), v -> v > 0 && v <= 100, "above 0, at most 100"));
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
