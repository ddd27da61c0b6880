package dev.millrace.deploy.embedded;

import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.SpecReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** A model spec with the YAML that it was read from: the join ships the text to its operators. */
public record LoadedSpec(ModelSpec spec, String yaml) {
    /** @throws dev.millrace.ingest.spec.SpecException with everything that is wrong with it */
    public static LoadedSpec read(Path file) throws IOException {
        return new LoadedSpec(SpecReader.read(file), Files.readString(file));
    }

    /** One of the specs in {@code deploy/models}. */
    public static LoadedSpec shipped(String name) throws IOException {
        String resource = "/models/" + name + ".yml";
        try (InputStream in = LoadedSpec.class.getResourceAsStream(resource)) {
            if (in == null) {
                throw new IOException("no model spec " + resource + " is shipped");
            }
            String yaml = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            return new LoadedSpec(SpecReader.parse(resource, yaml), yaml);
        }
    }
}
