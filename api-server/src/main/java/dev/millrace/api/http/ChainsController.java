package dev.millrace.api.http;

import dev.millrace.api.chain.ChainDesk;
import dev.millrace.api.security.Access;
import dev.millrace.api.security.Scope;
import dev.millrace.ingest.chain.ChainRun;
import dev.millrace.ingest.proto.ChainOrder;
import dev.millrace.ingest.proto.ChainTerms;
import dev.millrace.ingest.proto.ChainTry;
import io.micronaut.core.annotation.Nullable;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.MediaType;
import io.micronaut.http.annotation.Body;
import io.micronaut.http.annotation.Consumes;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.Post;
import io.micronaut.http.annotation.QueryValue;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import io.micronaut.serde.annotation.Serdeable;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Batch chains: files, or a stretch of the log, to a version that serves. */
@Access(Scope.ADMIN)
@Controller("/v1/chains")
@ExecuteOn(TaskExecutors.BLOCKING)
public class ChainsController {
    private final ChainDesk desk;

    public ChainsController(ChainDesk desk) {
        this.desk = desk;
    }

    /** One try of a step. @param endedMs 0: it runs */
    @Serdeable
    record Try(String step, int attempt, long beganMs, long endedMs, String outcome, String detail) {}

    /** Where the samples come from: one of the two. */
    @Serdeable
    record Source(@Nullable Files files, @Nullable Stretch log) {}

    @Serdeable
    record Files(List<String> data, String format, String label, long badRows, boolean hasLog) {}

    @Serdeable
    record Stretch(long fromMs, long toMs) {}

    /** Bounds; 0: none. */
    @Serdeable
    record Terms(
            long minSamples,
            double minAuc,
            double maxNormalizedEntropy,
            double minCalibration,
            double maxCalibration,
            double maxRmse,
            double maxLossAbove,
            double maxWeight) {}

    /**
     * A run.
     *
     * @param step that runs or comes next
     * @param nextTryMs when a step that failed is tried again; 0: no such wait
     * @param endedMs 0: it has not
     * @param version that was made; 0: none
     */
    @Serdeable
    record Run(
            String run,
            String chain,
            String model,
            String status,
            String step,
            int attempt,
            long nextTryMs,
            long orderedMs,
            long endedMs,
            String who,
            String why,
            Source source,
            double holdOut,
            Terms gate,
            String publish,
            long version,
            String detail,
            boolean cancelled,
            Map<String, Double> metrics,
            List<Try> tries) {}

    /** @param runs newest first */
    @Serdeable
    record Runs(List<Run> runs) {}

    @Get
    Runs list(@QueryValue @Nullable String model) {
        return new Runs(desk.list(model).stream().map(ChainsController::view).toList());
    }

    @Get("/{run}")
    Run get(String run) {
        return view(desk.run(run));
    }

    /** Asks for a run; the same again under its name is that run. */
    @Post
    @Consumes(MediaType.APPLICATION_JSON)
    HttpResponse<Run> order(@Body @Nullable byte[] body) throws InterruptedException {
        return HttpResponse.accepted().body(view(desk.order(Bodies.json(body))));
    }

    /** It ends, or is no longer told of. */
    @Post("/{run}/cancel")
    @Consumes(MediaType.APPLICATION_JSON)
    HttpResponse<Run> cancel(String run, @Body @Nullable byte[] body) throws InterruptedException {
        return HttpResponse.accepted().body(view(desk.cancel(run, Bodies.json(body))));
    }

    private static Run view(ChainRun run) {
        ChainOrder order = run.order();
        var state = run.state();
        return new Run(
                run.id(),
                order.getChain(),
                order.getModel(),
                state.getStatus(),
                state.getStep(),
                state.getAttempt(),
                state.getNextTryMs(),
                order.getTimeMs(),
                state.getEndedMs(),
                order.getWho(),
                order.getWhy(),
                source(order),
                order.getHoldOut(),
                terms(order.getTerms()),
                order.getPublish(),
                state.getVersion(),
                state.getDetail(),
                run.cancel().isPresent(),
                new TreeMap<>(state.getMetricsMap()),
                state.getTriesList().stream().map(ChainsController::view).toList());
    }

    private static Try view(ChainTry t) {
        return new Try(t.getStep(), t.getAttempt(), t.getBeganMs(), t.getEndedMs(), t.getOutcome(), t.getDetail());
    }

    private static Source source(ChainOrder order) {
        if (order.hasLog()) {
            return new Source(
                    null, new Stretch(order.getLog().getFromMs(), order.getLog().getToMs()));
        }
        var files = order.getFiles();
        return new Source(
                new Files(
                        files.getPlacesList(),
                        files.getFormat(),
                        files.getLabel(),
                        files.getBadRows(),
                        files.getHasLog()),
                null);
    }

    private static Terms terms(ChainTerms terms) {
        return new Terms(
                terms.getMinSamples(),
                terms.getMinAuc(),
                terms.getMaxNormalizedEntropy(),
                terms.getMinCalibration(),
                terms.getMaxCalibration(),
                terms.getMaxRmse(),
                terms.getMaxLossAbove(),
                terms.getMaxWeight());
    }
}
