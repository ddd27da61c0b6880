package dev.millrace.api.bench;

import io.micronaut.http.annotation.Body;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.Post;
import io.micronaut.serde.annotation.Serdeable;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What Micronaut makes of a rank request by itself: its own reader and writer of JSON, on its event loop. */
@Controller("/bench")
public class EchoController {
    private static final float SCORE = 0.5f;

    @Serdeable
    record Candidate(String item, @Nullable Map<String, Object> features) {}

    @Serdeable
    record Request(
            @Nullable String requestId,
            @Nullable String user,
            @Nullable String session,
            @Nullable Map<String, Object> context,
            List<Candidate> candidates,
            @Nullable Integer limit) {}

    @Serdeable
    record Ranked(String item, float score) {}

    @Serdeable
    record Answer(String requestId, String model, long modelVersion, List<Ranked> items) {}

    /** The first of the candidates, as if they had been scored. */
    @Post("/echo")
    Answer echo(@Body Request request) {
        int limit = request.limit() == null ? request.candidates().size() : request.limit();
        List<Ranked> items = request.candidates().stream()
                .limit(limit)
                .map(candidate -> new Ranked(candidate.item(), SCORE))
                .toList();
        return new Answer("01890a5d-ac96-774b-bcce-b302099a8057", "echo", 1, items);
    }

    @Get("/hello")
    String hello() {
        return "Hello World";
    }
}
