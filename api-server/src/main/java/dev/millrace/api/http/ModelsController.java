package dev.millrace.api.http;

import dev.millrace.api.desk.ExplainAnswer;
import dev.millrace.api.desk.ExplainDesk;
import dev.millrace.api.desk.IdempotencyKey;
import dev.millrace.api.desk.ModelState;
import dev.millrace.api.desk.Models;
import dev.millrace.api.desk.RankBatch;
import dev.millrace.api.desk.RankDesk;
import dev.millrace.api.desk.RecommendAnswer;
import dev.millrace.api.desk.RecommendDesk;
import dev.millrace.api.rank.RankAnswer;
import dev.millrace.api.security.Access;
import dev.millrace.api.security.Scope;
import dev.millrace.ps.serve.WeightServer;
import io.micronaut.http.MediaType;
import io.micronaut.http.annotation.Body;
import io.micronaut.http.annotation.Consumes;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.Header;
import io.micronaut.http.annotation.Post;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import io.micronaut.serde.annotation.Serdeable;
import java.time.Clock;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Ranking, and what the models are at. */
@Access(Scope.RANK)
@Controller("/v1/models")
@ExecuteOn(TaskExecutors.BLOCKING)
public class ModelsController {
    private final Models models;
    private final RankDesk desk;
    private final RecommendDesk recommendDesk;
    private final ExplainDesk explainDesk;
    private final Clock clock;

    public ModelsController(
            Models models, RankDesk desk, RecommendDesk recommendDesk, ExplainDesk explainDesk, Clock clock) {
        this.models = models;
        this.desk = desk;
        this.recommendDesk = recommendDesk;
        this.explainDesk = explainDesk;
        this.clock = clock;
    }

    @Serdeable
    record ModelStates(List<ModelState> models) {}

    @Post("/{model}/rank")
    @Consumes(MediaType.APPLICATION_JSON)
    RankAnswer rank(
            String model,
            @Header(IdempotencyKey.HEADER) @Nullable String key,
            @Header(Deadlines.HEADER) @Nullable String deadline,
            @Body @io.micronaut.core.annotation.Nullable byte[] body)
            throws Exception {
        return Deadlines.within(deadline, () -> desk.rank(model, Bodies.json(body), IdempotencyKey.of(key)));
    }

    @Post("/{model}/rank:batch")
    @Consumes(MediaType.APPLICATION_JSON)
    RankBatch rankBatch(
            String model,
            @Header(Deadlines.HEADER) @Nullable String deadline,
            @Body @io.micronaut.core.annotation.Nullable byte[] body)
            throws Exception {
        return Deadlines.within(deadline, () -> desk.rankBatch(model, Bodies.json(body)));
    }

    @Post("/{model}/recommend")
    @Consumes(MediaType.APPLICATION_JSON)
    RecommendAnswer recommend(
            String model,
            @Header(Deadlines.HEADER) @Nullable String deadline,
            @Body @io.micronaut.core.annotation.Nullable byte[] body)
            throws Exception {
        return Deadlines.within(deadline, () -> recommendDesk.recommend(model, Bodies.json(body)));
    }

    @Post("/{model}/explain")
    @Consumes(MediaType.APPLICATION_JSON)
    ExplainAnswer explain(String model, @Body @io.micronaut.core.annotation.Nullable byte[] body) throws Exception {
        return explainDesk.explain(model, Bodies.json(body));
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
        return ModelState.of(weights, clock.millis());
    }
}
