package dev.millrace.api.arm;

import dev.millrace.ps.serve.WeightServer;
import dev.millrace.ps.version.VersionBook;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Supplier;

/** The families of the models that are served. Immutable. */
public final class Families {
    private final Map<String, Family> byBase = new TreeMap<>();
    private final Map<String, Family> byMember = new HashMap<>();

    /**
     * @param books what a model's registry says now; a model without one is not there
     * @throws IllegalArgumentException when arms do not fit each other
     */
    public Families(Map<String, WeightServer> models, Map<String, Supplier<VersionBook>> books) {
        Map<String, List<WeightServer>> others = new HashMap<>();
        Map<String, WeightServer> bases = new TreeMap<>();
        models.forEach((name, weights) -> {
            String base = weights.spec().learnsFrom();
            if (base.equals(name) || !models.containsKey(base)) {
                bases.put(name, weights);
            } else {
                others.computeIfAbsent(base, b -> new ArrayList<>()).add(weights);
            }
        });
        bases.forEach((name, weights) -> {
            Family family = new Family(
                    weights, others.getOrDefault(name, List.of()), books.getOrDefault(name, () -> VersionBook.EMPTY));
            byBase.put(name, family);
            family.members().forEach(m -> byMember.put(m.spec().model(), family));
        });
    }

    /** By the names that people rank with. */
    public Map<String, Family> all() {
        return byBase;
    }

    /** Models without whose weights somebody is not served. */
    public Map<String, WeightServer> needed() {
        Map<String, WeightServer> needed = new TreeMap<>();
        byBase.values()
                .forEach(family -> family.members().stream()
                        .filter(family::needs)
                        .forEach(member -> needed.put(member.spec().model(), member)));
        return needed;
    }

    /** The family that the model is of. */
    public Family of(String model) {
        return Objects.requireNonNull(byMember.get(model), model);
    }
}
