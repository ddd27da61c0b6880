package dev.millrace.api.desk;

import dev.millrace.api.problem.Problem;
import dev.millrace.api.problem.ProblemException;
import dev.millrace.ingest.spec.KnownNames;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ps.serve.WeightServer;
import java.util.Map;
import java.util.TreeMap;

/** The models that are served, by name. Immutable. */
public final class Models {
    private final TreeMap<String, WeightServer> byName;

    public Models(Map<String, WeightServer> models) {
        byName = new TreeMap<>(models);
    }

    public Map<String, WeightServer> all() {
        return byName;
    }

    /** @throws ProblemException (not found) with the nearest known name */
    public WeightServer get(String name) {
        check(name);
        return java.util.Objects.requireNonNull(byName.get(name));
    }

    /** @throws ProblemException (not found) with the nearest known name */
    public void check(String name) {
        if (!byName.containsKey(name)) {
            throw new ProblemException(Problem.notFound(
                    "model", "there is no model '" + name + "'", KnownNames.fix(name, byName.keySet())));
        }
    }

    /** The only one, or the first by name of those that learn from no other's log. */
    public String first() {
        return byName.values().stream()
                .map(WeightServer::spec)
                .filter(spec -> !spec.learnsFromAnother())
                .map(ModelSpec::model)
                .findFirst()
                .orElseGet(byName::firstKey);
    }
}
