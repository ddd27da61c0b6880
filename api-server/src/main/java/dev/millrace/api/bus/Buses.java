package dev.millrace.api.bus;

import dev.millrace.api.problem.Problem;
import dev.millrace.api.problem.ProblemException;
import java.util.Map;

/** The models that have versions, by name. Immutable. */
public record Buses(Map<String, ModelBus> byModel) {
    public Buses {
        byModel = Map.copyOf(byModel);
    }

    /** @throws ProblemException (not found) where the model's versions are kept elsewhere */
    public ModelBus of(String model) {
        ModelBus bus = byModel.get(model);
        if (bus == null) {
            throw new ProblemException(Problem.notFound(
                    "model",
                    "model '" + model + "' has no versions here",
                    "ask the server that learns it; versions are kept for models that one process learns"));
        }
        return bus;
    }
}
