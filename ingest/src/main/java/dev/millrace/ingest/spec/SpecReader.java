package dev.millrace.ingest.spec;

import dev.millrace.ingest.id.FeatureIds;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Reads and validates {@code deploy/models/*.yml}; their JSON Schema is the resource {@code model-spec.schema.json}. */
public final class SpecReader {
    static final List<String> MODEL_KEYS = List.of(
            "model",
            "learnsFrom",
            "objective",
            "labels",
            "aggregate",
            "rewardWindow",
            "slots",
            "crosses",
            "realtime",
            "optimizer",
            "network",
            "heads",
            "score",
            "explore",
            "arm",
            "segment",
            "policies");
    static final List<String> SLOT_KEYS =
            List.of("type", "from", "transform", "bins", "standardize", "crossedOnly", "minCount", "expireAfter");
    static final List<String> CROSS_KEYS = List.of("slots", "minCount", "expireAfter");
    static final List<String> OPTIMIZER_KEYS = List.of("type", "alpha", "beta", "l1", "l2");
    static final List<String> POLICY_KEYS = List.of(
            "absence", "delay", "late", "lateness", "keepNegatives", "maxRows", "audit", "weights", "admissionBytes");

    private static final long MAX_BYTES = 1 << 20;
    /** Of all sketches, which travel with every snapshot. */
    private static final long MAX_ADMISSION_BYTES = 512L << 20;

    private static final int MAX_SLOTS = 512;
    private static final Pattern MODEL = Pattern.compile("[a-z][a-z0-9-]{0,62}");
    private static final String MODEL_HINT = "lower-case letters, digits and '-', at most 63, a letter first";
    private static final double LEAST_KEPT = 1e-4;
    /** Of reward window and lateness: a request's state lives as long. */
    private static final Duration LONGEST_WINDOW = Duration.ofDays(30);

    private static final Pattern NAME = Pattern.compile("[A-Za-z][A-Za-z0-9_]{0,63}");
    private static final Pattern FROM = Pattern.compile("(user|item|context)\\.[A-Za-z][A-Za-z0-9_]{0,63}");

    private enum OptimizerType {
        FTRL
    }

    private SpecReader() {}

    /** @throws SpecException with everything that is wrong */
    public static ModelSpec read(Path file) throws IOException {
        if (Files.isDirectory(file)) {
            throw new SpecException(
                    file.toString(), List.of(new SpecException.Problem("", "is a folder; give a YAML file")));
        }
        if (Files.size(file) > MAX_BYTES) {
            throw new SpecException(
                    file.toString(), List.of(new SpecException.Problem("", "is larger than 1 MiB; is it a spec?")));
        }
        try {
            return parse(file.toString(), Files.readString(file));
        } catch (CharacterCodingException e) {
            throw new SpecException(
                    file.toString(), List.of(new SpecException.Problem("", "is not UTF-8; save it as that")));
        }
    }

    /** @param source named in errors */
    public static ModelSpec parse(String source, String yaml) {
        return YamlMap.read(
                source,
                yaml,
                "is empty; start with 'model: NAME'",
                top -> new SpecReader().model(top.known(MODEL_KEYS)));
    }

    private ModelSpec model(YamlMap yaml) {
        String name = yaml.text("model", MODEL, MODEL_HINT);
        String learnsFrom = yaml.has("learnsFrom") ? yaml.text("learnsFrom", MODEL, MODEL_HINT) : name;
        Policies policies = policies(yaml.map("policies").known(POLICY_KEYS));
        Heads heads = HeadReader.read(yaml, policies.absence());
        boolean one = heads.isEmpty();
        Objective objective = one
                ? yaml.choice("objective", Objective.class, null)
                : heads.all().get(0).objective();
        Labels labels = one ? LabelReader.read(yaml) : heads.all().get(0).labels();
        Duration window = yaml.duration("rewardWindow", null);
        if (yaml.has("rewardWindow") && (window.isZero() || window.compareTo(LONGEST_WINDOW) > 0)) {
            yaml.problem("rewardWindow", "must be longer than zero, and at most 30d");
        }
        List<Slot> slots = slots(yaml.map("slots"));
        List<Cross> crosses = crosses(yaml, slots);
        uniqueNumbers(yaml, slots, crosses);
        slots.stream()
                .filter(Slot::crossedOnly)
                .filter(s -> crosses.stream().noneMatch(c -> c.slots().contains(s.name())))
                .forEach(s -> yaml.problem(
                        "slots." + s.name() + ".crossedOnly", "stands in no cross; add one, or leave it out"));
        LabelReader.checkImmediate(yaml, labels, policies);
        LabelReader.checkValues(yaml, objective, policies);
        slots.stream()
                .filter(s -> s.standardize() && !policies.audit())
                .forEach(s -> yaml.problem(
                        "policies.audit",
                        "false excludes 'standardize', whose mean needs its count; give slot '" + s.name()
                                + "' bins, or leave audit on"));
        long counting = Stream.concat(
                        slots.stream().map(Slot::life), crosses.stream().map(Cross::life))
                .filter(life -> life.minCount() > 1)
                .count();
        if (counting * policies.admissionBytes() > MAX_ADMISSION_BYTES) {
            yaml.problem(
                    "policies.admissionBytes",
                    counting + " slots and crosses with a minCount may take " + MAX_ADMISSION_BYTES
                            + " bytes together: " + MAX_ADMISSION_BYTES / counting + " each");
        }
        Network network = NetworkReader.read(yaml.map("network"), objective, slots, heads.count());
        HeadReader.check(yaml, heads, network, policies);
        if (!network.isLinear() && policies.weights() != WeightFormat.F32) {
            yaml.problem("policies.weights", "rounds wide weights only, not a network's embeddings; leave it out");
        }
        Ftrl optimizer = optimizer(yaml.map("optimizer").known(OPTIMIZER_KEYS));
        Explore explore = ExploreReader.read(yaml.map("explore"));
        ExploreReader.check(yaml, explore, objective, network, optimizer, policies);
        ArmReader.check(yaml, name, learnsFrom, objective);
        return new ModelSpec(
                name,
                learnsFrom,
                labels,
                window,
                slots,
                crosses,
                RealtimeReader.read(yaml),
                optimizer,
                objective,
                network,
                heads,
                explore,
                ArmReader.arm(yaml, name),
                ArmReader.segment(yaml),
                policies);
    }

    private List<Slot> slots(YamlMap yaml) {
        List<Slot> slots = new ArrayList<>();
        if (yaml.entries().isEmpty() || yaml.entries().size() > MAX_SLOTS) {
            yaml.problem("", "1.." + MAX_SLOTS + " slots, like 'user: {type: category, from: user.id}'");
        }
        for (String name : yaml.entries().keySet()) {
            if (!NAME.matcher(name).matches()) {
                yaml.problem(name, "is not a name: letters, digits and '_', at most 64, a letter first");
            }
            slots.add(slot(name, yaml.map(name).known(SLOT_KEYS)));
        }
        return slots;
    }

    private static Slot slot(String name, YamlMap yaml) {
        SlotType type = yaml.choice("type", SlotType.class, null);
        String from = yaml.text("from", FROM, "user.NAME, item.NAME or context.NAME");
        Transform transform = yaml.choice("transform", Transform.class, Transform.NONE);
        List<Double> bins = bins(yaml);
        boolean standardize = yaml.flag("standardize", false);
        if (type != SlotType.NUMBER) {
            for (String key : List.of("transform", "bins", "standardize")) {
                if (yaml.has(key)) {
                    yaml.problem(key, "is for 'type: number' only");
                }
            }
        }
        if (standardize && !bins.isEmpty()) {
            yaml.problem("standardize", "excludes bins; keep one of the two");
        }
        if (type == SlotType.NUMBER && bins.isEmpty() && !yaml.has("bins")) {
            for (String key : List.of("minCount", "expireAfter")) {
                if (yaml.has(key)) {
                    yaml.problem(key, "is for slots of many rows; a number without bins has one: leave it out");
                }
            }
        }
        return new Slot(name, from, type, transform, bins, standardize, yaml.flag("crossedOnly", false), life(yaml));
    }

    private static Life life(YamlMap yaml) {
        int minCount = (int) yaml.whole("minCount", Life.DEFAULT.minCount(), 1, Life.MAX_COUNT);
        if (!yaml.has("expireAfter")) {
            return new Life(minCount, null);
        }
        int before = yaml.problems();
        Duration expireAfter = yaml.duration("expireAfter", null);
        if (yaml.problems() == before
                && (expireAfter.compareTo(Life.SHORTEST) < 0 || expireAfter.compareTo(Life.LONGEST) > 0)) {
            yaml.problem("expireAfter", "must be from 1m to 3650d; leave it out for never");
        }
        return new Life(minCount, expireAfter);
    }

    private static List<Double> bins(YamlMap yaml) {
        if (!yaml.has("bins")) {
            return List.of();
        }
        List<Double> bins = new ArrayList<>();
        if (yaml.entries().get("bins") instanceof List<?> list) {
            for (Object item : list) {
                double bound = item instanceof Number n ? n.doubleValue() : Double.NaN;
                if (!Double.isFinite(bound) || (!bins.isEmpty() && bound <= bins.get(bins.size() - 1))) {
                    yaml.problem("bins", "must be ascending numbers; '" + item + "' is not");
                    return List.of();
                }
                bins.add(bound);
            }
        }
        if (bins.isEmpty()) {
            yaml.problem("bins", "must be a list of ascending numbers, like [18, 25, 35]");
        }
        return bins;
    }

    private static List<Cross> crosses(YamlMap yaml, List<Slot> slots) {
        List<Cross> crosses = new ArrayList<>();
        if (!yaml.has("crosses")) {
            return crosses;
        }
        if (!(yaml.entries().get("crosses") instanceof List<?> list)) {
            yaml.problem("crosses", "must be a list of slot lists, like [[user, genres]]");
            return crosses;
        }
        for (int i = 0; i < list.size(); i++) {
            cross(yaml, "crosses[" + i + "]", list.get(i), slots).ifPresent(crosses::add);
        }
        return crosses;
    }

    /** A list of slots, or a mapping with that list as its {@code slots}. */
    private static Optional<Cross> cross(YamlMap yaml, String field, @Nullable Object entry, List<Slot> slots) {
        YamlMap map = entry instanceof Map<?, ?> ? yaml.at(field, entry).known(CROSS_KEYS) : yaml.at(field, null);
        Object list = entry instanceof Map<?, ?> ? map.entries().get("slots") : entry;
        if (!(list instanceof List<?> parts) || parts.size() < 2 || parts.size() > 3) {
            yaml.problem(field, "must name two or three slots, like [user, genres] or {slots: [user, genres]}");
            return Optional.empty();
        }
        List<String> names = slots.stream().map(Slot::name).toList();
        List<String> crossed = parts.stream().map(String::valueOf).toList();
        crossed.stream()
                .filter(part -> !names.contains(part))
                .forEach(part -> yaml.problem(field, "no slot '" + part + "'; " + KnownNames.fix(part, names)));
        slots.stream()
                .filter(s -> crossed.contains(s.name())
                        && s.type() == SlotType.NUMBER
                        && s.bins().isEmpty())
                .forEach(s -> yaml.problem(field, "number slot '" + s.name() + "' needs bins to be crossed"));
        return Optional.of(new Cross(crossed, life(map)));
    }

    private static void uniqueNumbers(YamlMap yaml, List<Slot> slots, List<Cross> crosses) {
        Map<Integer, String> byNumber = new HashMap<>();
        List<String> names = new ArrayList<>(slots.stream().map(Slot::name).toList());
        crosses.forEach(c -> names.add(c.name()));
        for (String name : names) {
            String other = byNumber.putIfAbsent(FeatureIds.slot(name), name);
            if (other != null) {
                String why =
                        other.equals(name) ? "stands twice" : "shares its slot number with '" + other + "'; rename one";
                yaml.problem(name.contains("*") ? "crosses" : "slots", "'" + name + "' " + why);
            }
        }
    }

    private static Ftrl optimizer(YamlMap yaml) {
        yaml.choice("type", OptimizerType.class, OptimizerType.FTRL);
        Ftrl d = Ftrl.DEFAULT;
        return new Ftrl(
                yaml.number("alpha", d.alpha(), v -> v > 0 && v <= 100, "must be > 0"),
                yaml.number("beta", d.beta(), v -> v >= 0 && v <= 1e6, "must be >= 0"),
                yaml.number("l1", d.l1(), v -> v >= 0 && v <= 1e6, "must be >= 0"),
                yaml.number("l2", d.l2(), v -> v >= 0 && v <= 1e6, "must be >= 0"));
    }

    private static Policies policies(YamlMap yaml) {
        Policies d = Policies.DEFAULT;
        Duration lateness = yaml.duration("lateness", d.lateness());
        if (lateness.compareTo(LONGEST_WINDOW) > 0) {
            yaml.problem("lateness", "must be at most 30d");
        }
        return new Policies(
                yaml.choice("absence", Policies.Absence.class, d.absence()),
                yaml.choice("delay", Policies.Delay.class, d.delay()),
                yaml.choice("late", Policies.Late.class, d.late()),
                lateness,
                yaml.number(
                        "keepNegatives",
                        d.keepNegatives(),
                        v -> v >= LEAST_KEPT && v <= 1,
                        "from 0.0001 to 1; without negatives ('absence: drop') there is nothing to keep"),
                (long) yaml.whole("maxRows", d.maxRows(), 1, 1e9),
                yaml.flag("audit", d.audit()),
                yaml.choice("weights", WeightFormat.class, d.weights()),
                (int) yaml.whole("admissionBytes", d.admissionBytes(), 1 << 10, MAX_ADMISSION_BYTES));
    }
}
