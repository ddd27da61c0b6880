package dev.millrace.api.http;

import dev.millrace.api.security.Access;
import dev.millrace.api.security.Scope;
import io.micronaut.http.MediaType;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.Produces;
import io.micronaut.serde.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import java.util.Objects;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** {@code openapi.yml} as JSON, which pages and tools can read without a parser of YAML. */
@Access(Scope.OPEN)
@Controller("/openapi.json")
public class OpenApiController {
    private static final String FILE = "/public/openapi.yml";

    private final byte[] json;

    public OpenApiController(ObjectMapper mapper) throws IOException {
        try (InputStream yaml = Objects.requireNonNull(OpenApiController.class.getResourceAsStream(FILE), FILE)) {
            Map<String, Object> document = new Yaml(new SafeConstructor(new LoaderOptions())).load(yaml);
            json = mapper.writeValueAsBytes(document);
        }
    }

    @Get
    @Produces(MediaType.APPLICATION_JSON)
    byte[] get() {
        return json;
    }
}
