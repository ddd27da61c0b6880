package dev.millrace.ingest.spec;

import dev.millrace.ingest.spec.Network.Type;
import java.util.ArrayList;
import java.util.List;

/** Reads and validates a spec's {@code network}. */
final class NetworkReader {
    static final List<String> KEYS = List.of(
            "type",
            "slots",
            "dim",
            "hidden",
            "crossLayers",
            "crossRank",
            "batch",
            "initial",
            "seed",
            "embeddings",
            "dense",
            "foldIn");
    static final List<String> FOLD_IN_KEYS = List.of("actions", "ridge", "bytes");
    static final List<String> UPDATE_KEYS = List.of("type", "rate", "l2");

    private static final int MAX_LAYERS = 8;
    private static final int MAX_WIDTH = 4096;
    private static final int MAX_CROSS_LAYERS = 8;
    private static final int MAX_BATCH = 8192;
    private static final long MAX_LAYER_BYTES = 5_000_000;

    private NetworkReader() {}

    /**
     * @param yaml empty: a linear model
     * @param heads that share its layers; 0: none
     */
    static Network read(YamlMap yaml, Objective objective, List<Slot> slots, int heads) {
        if (yaml.entries().isEmpty()) {
            return Network.LINEAR;
        }
        yaml.known(KEYS);
        Type type = yaml.choice("type", Type.class, null);
        if (type == Type.LINEAR) {
            return Network.LINEAR;
        }
        only(yaml, type.isDeep(), "hidden", "is for widedeep, deepfm and dcn");
        only(yaml, type == Type.DCN, "crossLayers", "is for dcn");
        only(yaml, type == Type.DCN, "crossRank", "is for dcn");
        boolean folds = (type == Type.FM || type == Type.MF) && objective == Objective.SQUARED;
        only(yaml, folds, "foldIn", "is for fm and mf of objective squared");
        if (type == Type.MF) {
            factorization(yaml, objective, slots);
        }
        Network network = network(yaml, type, slots);
        long bytes = network.layerBytes(heads);
        if (bytes > MAX_LAYER_BYTES) {
            yaml.problem(
                    "",
                    "its layers make %,d bytes, which travel with every delta; at most %,d: take smaller or fewer layers"
                            .formatted(bytes, MAX_LAYER_BYTES));
        }
        return network;
    }

    private static Network network(YamlMap yaml, Type type, List<Slot> slots) {
        int dim = (int) yaml.whole("dim", 16, 1, Network.MAX_DIM);
        return new Network(
                type,
                embedded(yaml, slots),
                dim,
                type.isDeep() ? hidden(yaml) : List.of(),
                type == Type.DCN ? (int) yaml.whole("crossLayers", 2, 1, MAX_CROSS_LAYERS) : 0,
                type == Type.DCN ? (int) yaml.whole("crossRank", 0, 0, MAX_WIDTH) : 0,
                (int) yaml.whole("batch", type.isDeep() ? 256 : 1, 1, MAX_BATCH),
                yaml.number("initial", 0.05, v -> v > 0 && v <= 10, "must be > 0, at most 10"),
                (long) yaml.whole("seed", 1, 0, 1L << 52),
                update(yaml.map("embeddings"), Update.EMBEDDINGS),
                update(yaml.map("dense"), Update.DENSE),
                foldIn(yaml, dim));
    }

    private static FoldIn foldIn(YamlMap network, int dim) {
        if (!network.has("foldIn")) {
            return FoldIn.NONE;
        }
        if (dim > FoldIn.MAX_DIM) {
            network.problem("foldIn", "is for embeddings of at most " + FoldIn.MAX_DIM + " floats; take a smaller dim");
        }
        YamlMap yaml = network.map("foldIn").known(FOLD_IN_KEYS);
        FoldIn d = FoldIn.NONE;
        return new FoldIn(
                (int) yaml.whole("actions", 20, 1, FoldIn.MAX_ACTIONS),
                yaml.number("ridge", d.ridge(), v -> v > 0 && v <= 1e6, "above 0, at most 1000000"),
                (int) yaml.whole("bytes", d.bytes(), 1 << 10, 512 << 20));
    }

    private static void only(YamlMap yaml, boolean fits, String key, String message) {
        if (!fits && yaml.has(key)) {
            yaml.problem(key, message + "; leave it out");
        }
    }

    private static List<String> embedded(YamlMap yaml, List<Slot> slots) {
        List<String> known = slots.stream().map(Slot::name).toList();
        if (!yaml.has("slots")) {
            return known;
        }
        List<?> wanted = yaml.entries().get("slots") instanceof List<?> list ? list : List.of();
        wanted.stream()
                .filter(name -> !known.contains(String.valueOf(name)))
                .forEach(name -> yaml.problem(
                        "slots", "no slot '" + name + "'; " + KnownNames.fix(String.valueOf(name), known)));
        if (wanted.isEmpty()) {
            yaml.problem("slots", "must name the slots with embeddings, like [user, item]; leave it out for all");
        }
        return known.stream().filter(wanted::contains).toList();
    }

    private static void factorization(YamlMap yaml, Objective objective, List<Slot> slots) {
        if (slots.size() != 2 || slots.stream().anyMatch(s -> s.type() != SlotType.CATEGORY)) {
            yaml.problem("type", "mf factorizes two category slots, like user and item; with others take fm");
        }
        if (objective != Objective.SQUARED) {
            yaml.problem("type", "mf learns values like ratings: objective squared; for probabilities take fm");
        }
    }

    private static List<Integer> hidden(YamlMap yaml) {
        if (!yaml.has("hidden")) {
            return List.of(256, 128);
        }
        List<Integer> widths = new ArrayList<>();
        if (yaml.entries().get("hidden") instanceof List<?> list && list.size() <= MAX_LAYERS) {
            for (Object width : list) {
                if (width instanceof Integer w && w >= 1 && w <= MAX_WIDTH) {
                    widths.add(w);
                }
            }
            if (!widths.isEmpty() && widths.size() == list.size()) {
                return widths;
            }
        }
        yaml.problem("hidden", "must be 1..%d widths of 1..%d, like [256, 128]".formatted(MAX_LAYERS, MAX_WIDTH));
        return List.of(1);
    }

    private static Update update(YamlMap yaml, Update d) {
        yaml.known(UPDATE_KEYS);
        return new Update(
                yaml.choice("type", Update.Rule.class, d.rule()),
                yaml.number("rate", d.rate(), v -> v > 0 && v <= 100, "must be > 0, at most 100"),
                yaml.number("l2", d.l2(), v -> v >= 0 && v <= 1e6, "must be >= 0"));
    }
}
