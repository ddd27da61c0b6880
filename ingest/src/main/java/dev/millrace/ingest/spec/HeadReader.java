package dev.millrace.ingest.spec;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** Reads a spec's {@code heads} and {@code score}, and checks that they go with the rest of it. */
final class HeadReader {
    static final List<String> HEAD_KEYS = List.of("objective", "labels", "aggregate", "weight", "absence");

    private static final Pattern NAME = Pattern.compile("[A-Za-z][A-Za-z0-9_]{0,63}");
    /** Of a model of one objective; a head has its own. */
    private static final List<String> OF_ONE = List.of("objective", "labels", "aggregate");

    private HeadReader() {}

    /** @param absence of heads that say nothing else */
    static Heads read(YamlMap model, Policies.Absence absence) {
        if (!model.has("heads")) {
            if (model.has("score")) {
                model.problem(
                        "score", "is made of heads; a model without 'heads' ranks by what it predicts: leave it out");
            }
            return Heads.NONE;
        }
        OF_ONE.stream()
                .filter(model::has)
                .forEach(key -> model.problem(key, "stands in each of the heads; leave it out here"));
        YamlMap yaml = model.map("heads");
        if (yaml.entries().size() < 2 || yaml.entries().size() > Heads.MAX) {
            model.problem(
                    "heads",
                    "2.." + Heads.MAX + " of them, like 'click: {labels: {click: 1}}'; for one objective"
                            + " leave 'heads' out");
        }
        List<Heads.Head> heads = new ArrayList<>();
        for (String name : yaml.entries().keySet()) {
            if (!NAME.matcher(name).matches()) {
                yaml.problem(name, "is not a name: letters, digits and '_', at most 64, a letter first");
            }
            heads.add(head(name, yaml.map(name).known(HEAD_KEYS), absence));
        }
        return new Heads(heads, score(model, heads));
    }

    private static Heads.Head head(String name, YamlMap yaml, Policies.Absence absence) {
        return new Heads.Head(
                name,
                yaml.choice("objective", Objective.class, Objective.LOGISTIC),
                LabelReader.read(yaml),
                yaml.number("weight", 1, v -> v > 0 && v <= 1_000, "above 0, at most 1000"),
                yaml.choice("absence", Policies.Absence.class, absence));
    }

    private static ScoreFormula score(YamlMap model, List<Heads.Head> heads) {
        List<String> names = heads.stream().map(Heads.Head::name).toList();
        if (!model.has("score")) {
            return ScoreFormula.first();
        }
        try {
            return ScoreFormula.parse(String.valueOf(model.entries().get("score")), names);
        } catch (IllegalArgumentException e) {
            model.problem(
                    "score",
                    e.getMessage() + "; a formula of the heads, like '" + names.get(0) + " + 0.5 * "
                            + names.get(names.size() - 1) + "'");
            return ScoreFormula.first();
        }
    }

    /** Each sample has labels of several heads: it cannot be sampled, or sent ahead, by one of them. */
    static void check(YamlMap model, Heads heads, Network network, Policies policies) {
        if (heads.isEmpty()) {
            return;
        }
        if (!network.type().isDeep()) {
            model.problem(
                    "heads",
                    "share layers: give a network of type widedeep, deepfm or dcn; without layers, let a"
                            + " model of each objective learn from one of them ('learnsFrom')");
        }
        if (policies.keepNegatives() < 1) {
            model.problem("policies.keepNegatives", "is for one objective; leave it out");
        }
        if (policies.delay() != Policies.Delay.WAIT) {
            model.problem("policies.delay", "immediate is for one objective; leave it out");
        }
        heads.all().forEach(head -> LabelReader.checkValues(model, head.objective(), policies));
    }
}
