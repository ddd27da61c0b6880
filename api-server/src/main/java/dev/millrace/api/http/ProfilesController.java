package dev.millrace.api.http;

import dev.millrace.api.json.FeatureJson;
import dev.millrace.api.json.JsonIn;
import dev.millrace.api.problem.Problem;
import dev.millrace.api.problem.ProblemException;
import dev.millrace.ingest.feature.FeatureValue;
import dev.millrace.ingest.feature.RawFeatures;
import dev.millrace.ingest.profile.ProfileStore;
import dev.millrace.ingest.profile.ProfileStore.Kind;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.MediaType;
import io.micronaut.http.annotation.Body;
import io.micronaut.http.annotation.Consumes;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.Put;
import io.micronaut.http.annotation.Status;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import io.micronaut.serde.annotation.Serdeable;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What is stored of users and items. */
@Controller("/v1")
@ExecuteOn(TaskExecutors.BLOCKING)
public class ProfilesController {
    private static final List<String> KEYS = List.of("features");
    /** A thousand candidates, each with its profile, must fit into one record of the log. */
    private static final int MAX_TEXT_BYTES = 64 << 10;

    private static final double MAX_EXACT = 1L << 53;

    private final ProfileStore profiles;
    private final Gate gate;

    public ProfilesController(ProfileStore profiles, ProfilesGate gate) {
        this.profiles = profiles;
        this.gate = gate.gate();
    }

    /** Tells the gate of profiles from other gates. */
    public record ProfilesGate(Gate gate) {}

    /** Attributes by their short names. */
    @Serdeable
    record ProfileAnswer(String id, Map<String, Object> features) {}

    @Put("/users/" + PathId.ROUTE)
    @Status(HttpStatus.NO_CONTENT)
    @Consumes(MediaType.APPLICATION_JSON)
    void putUser(HttpRequest<?> request, @Body @io.micronaut.core.annotation.Nullable byte[] body) throws Exception {
        put(Kind.USER, PathId.of(request), body);
    }

    @Put("/items/" + PathId.ROUTE)
    @Status(HttpStatus.NO_CONTENT)
    @Consumes(MediaType.APPLICATION_JSON)
    void putItem(HttpRequest<?> request, @Body @io.micronaut.core.annotation.Nullable byte[] body) throws Exception {
        put(Kind.ITEM, PathId.of(request), body);
    }

    @Get("/users/" + PathId.ROUTE)
    ProfileAnswer getUser(HttpRequest<?> request) throws Exception {
        return get(Kind.USER, PathId.of(request));
    }

    @Get("/items/" + PathId.ROUTE)
    ProfileAnswer getItem(HttpRequest<?> request) throws Exception {
        return get(Kind.ITEM, PathId.of(request));
    }

    private void put(Kind kind, String id, byte @Nullable [] body) throws Exception {
        gate.pass(() -> {
            Map<String, FeatureValue> features = JsonIn.read(Bodies.orEmpty(body), in -> profile(in, kind));
            profiles.put(kind, id, RawFeatures.of(features));
            return id;
        });
    }

    private static Map<String, FeatureValue> profile(JsonIn in, Kind kind) throws IOException {
        Map<String, FeatureValue> features = new LinkedHashMap<>();
        boolean[] given = new boolean[1];
        in.object(KEYS, name -> {
            given[0] = true;
            features.putAll(FeatureJson.features(in, kind.prefix(), feature -> FeatureJson.anyName(in, feature)));
            FeatureJson.boundText(in, features.values(), MAX_TEXT_BYTES);
        });
        if (!given[0]) {
            throw in.missing("features", "send the attributes, like {\"features\": {\"age\": 24}}");
        }
        return features;
    }

    private ProfileAnswer get(Kind kind, String id) throws Exception {
        RawFeatures stored = gate.pass(() -> profiles.get(kind, id))
                .orElseThrow(() -> new ProblemException(
                        Problem.notFound("id", "nothing is stored of '" + id + "'", "PUT its features first")));
        Map<String, Object> features = new LinkedHashMap<>();
        stored.asMap()
                .forEach((name, value) ->
                        features.put(name.substring(kind.prefix().length()), plain(value)));
        return new ProfileAnswer(id, features);
    }

    /** Whole numbers come back as they were sent, without a fraction. */
    private static Object plain(FeatureValue value) {
        return switch (value) {
            case FeatureValue.Text text -> text.value();
            case FeatureValue.Texts texts -> texts.values();
            case FeatureValue.Numeric number -> {
                double x = number.value();
                boolean whole = x == Math.rint(x) && Math.abs(x) < MAX_EXACT;
                yield whole ? (Object) (long) x : (Object) x;
            }
        };
    }
}
