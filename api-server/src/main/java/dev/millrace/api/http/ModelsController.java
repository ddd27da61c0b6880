package dev.millrace.api.http;

import dev.millrace.api.rank.RankAnswer;
import dev.millrace.ps.serve.ServedVersion;
import dev.millrace.ps.serve.WeightServer;
import io.micronaut.http.MediaType;
import io.micronaut.http.annotation.Body;
import io.micronaut.http.annotation.Consumes;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.Post;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import io.micronaut.serde.annotation.Serdeable;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Ranking, and what the models are at. */
@Controller("/v1/models")
@ExecuteOn(TaskExecutors.BLOCKING)
public class ModelsController {
    private final Models models;
    private final RankDesk desk;
    private final Clock clock;

    public ModelsController(Models models, RankDesk desk, Clock clock) {
        this.models = models;
        this.desk = desk;
        this.clock = clock;
    }

    /**
     * One model's weights.
     *
     * @param specFingerprint 16 hexadecimal digits
     * @param sampleIdSum decimal, since a JSON number loses a 64-bit integer's last digits
     * @param weightsAgeMs since the learner made the delta that serves; null before the first
     */
    @Serdeable
    record ModelState(
            String model,
            long version,
            String specFingerprint,
            long samplesLearned,
            String sampleIdSum,
            long duplicateSamples,
            long rows,
            long watermarkMs,
            @Nullable Long weightsAgeMs,
            Map<String, Long> offsets) {}

    @Serdeable
    record ModelStates(List<ModelState> models) {}

    @Post("/{model}/rank")
    @Consumes(MediaType.APPLICATION_JSON)
    RankAnswer rank(String model, @Body @io.micronaut.core.annotation.Nullable byte[] body) throws Exception {
        return desk.rank(model, Bodies.orEmpty(body));
    }

    @Get
    ModelStates list() {
        return new ModelStates(models.all().values().stream().map(this::state).toList());
    }

    @Get("/{model}")
    ModelState get(String model) {
        return state(models.get(model));
    }

    private ModelState state(WeightServer weights) {
        ServedVersion version = weights.version();
        Map<String, Long> offsets = new TreeMap<>();
        version.sampleOffsets().forEach((partition, offset) -> offsets.put(partition.toString(), offset));
        return new ModelState(
                weights.spec().model(),
                version.sequence(),
                "%016x".formatted(weights.spec().fingerprint()),
                version.samples(),
                Long.toString(version.sampleIdSum()),
                version.duplicateSamples(),
                version.rows(),
                version.watermarkMs(),
                version.sequence() == 0 ? null : clock.millis() - version.learnedMs(),
                offsets);
    }
}
