package dev.millrace.join.flink;

import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.SpecReader;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Specs on their way to the operators: as the YAML that they were read from. */
final class SpecTexts implements Serializable {
    private static final long serialVersionUID = 1;

    private final ArrayList<String> yaml;

    /** @throws dev.millrace.ingest.spec.SpecException when one is wrong */
    SpecTexts(List<String> yaml) {
        this.yaml = new ArrayList<>(yaml);
        if (yaml.isEmpty()) {
            throw new IllegalArgumentException("specs: none; give at least one");
        }
        Set<String> models = new HashSet<>();
        for (ModelSpec spec : read()) {
            if (!models.add(spec.model())) {
                throw new IllegalArgumentException("specs: model '" + spec.model()
                        + "' stands twice; each objective of one log is a model with a name of its own, and"
                        + " 'learnsFrom' the model that is shown");
            }
        }
    }

    List<ModelSpec> read() {
        return yaml.stream().map(text -> SpecReader.parse("join", text)).toList();
    }
}
