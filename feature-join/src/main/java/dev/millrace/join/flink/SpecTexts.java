package dev.millrace.join.flink;

import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.SpecReader;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;

/** Specs on their way to the operators: as the YAML that they were read from. */
final class SpecTexts implements Serializable {
    private static final long serialVersionUID = 1;

    private final ArrayList<String> yaml;

    /** @throws dev.millrace.ingest.spec.SpecException when one is wrong */
    SpecTexts(List<String> yaml) {
        this.yaml = new ArrayList<>(yaml);
        long models = read().stream().map(ModelSpec::model).distinct().count();
        if (yaml.isEmpty() || models != yaml.size()) {
            throw new IllegalArgumentException(
                    "specs: " + yaml.size() + " of " + models + " models; must be one a model, at least one");
        }
    }

    List<ModelSpec> read() {
        return yaml.stream().map(text -> SpecReader.parse("join", text)).toList();
    }
}
