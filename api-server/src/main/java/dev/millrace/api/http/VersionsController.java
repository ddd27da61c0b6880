package dev.millrace.api.http;

import dev.millrace.api.bus.Buses;
import dev.millrace.api.bus.ModelBus;
import dev.millrace.api.bus.ModelBus.Asked;
import dev.millrace.api.bus.ModelBus.Effect;
import dev.millrace.api.desk.Models;
import dev.millrace.api.security.Access;
import dev.millrace.api.security.Scope;
import dev.millrace.ingest.proto.GateReport;
import dev.millrace.ps.version.AuditEntry;
import dev.millrace.ps.version.ModelVersion;
import dev.millrace.ps.version.VersionBook;
import dev.millrace.ps.version.VersionDiff;
import io.micronaut.core.annotation.Nullable;
import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.MediaType;
import io.micronaut.http.MutableHttpResponse;
import io.micronaut.http.annotation.Body;
import io.micronaut.http.annotation.Consumes;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.Header;
import io.micronaut.http.annotation.Post;
import io.micronaut.http.annotation.Put;
import io.micronaut.http.annotation.QueryValue;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import io.micronaut.serde.annotation.Serdeable;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Versions of a model: listed, named, compared, gone back to. What changes something takes {@code If-Match}. */
@Access(Scope.ADMIN)
@Controller("/v1/models/{model}")
@ExecuteOn(TaskExecutors.BLOCKING)
public class VersionsController {
    private final Models models;
    private final Buses buses;
    private final VersionsReader reader;

    public VersionsController(Models models, Buses buses, VersionsReader reader) {
        this.models = models;
        this.buses = buses;
        this.reader = reader;
    }

    /** @param parent number of the version before it; 0: none */
    @Serdeable
    record Version(
            long version,
            List<String> aliases,
            long madeMs,
            String origin,
            long parent,
            String specFingerprint,
            long sequence,
            long samples,
            long rows,
            long watermarkMs,
            Map<String, Long> offsets,
            Map<String, Double> metrics) {}

    /**
     * @param revision for {@code If-Match}
     * @param learning {@code on}, or {@code held}
     */
    @Serdeable
    record Versions(
            String model,
            long revision,
            String learning,
            Gate gate,
            Map<String, Long> aliases,
            List<Version> versions) {}

    /**
     * What the gate before publishing says.
     *
     * @param suspectFrom samples partition to the first suspected record; empty while nothing is frozen
     * @param cleanFrom from which records on samples are as before again; empty while they are not
     */
    @Serdeable
    record Gate(
            boolean frozen, String signal, String detail, Map<String, Long> suspectFrom, Map<String, Long> cleanFrom) {}

    @Serdeable
    record Entry(
            long offset,
            long timeMs,
            String who,
            String why,
            String action,
            String what,
            Map<String, Double> metrics) {}

    /** @param entries newest first */
    @Serdeable
    record Audit(String model, List<Entry> entries) {}

    /** See {@link Effect}. */
    @Serdeable
    record InEffect(
            String model, long revision, boolean inEffect, long sequence, long rows, long tookMs, String detail) {}

    /** See {@link VersionDiff}. */
    @Serdeable
    record Diff(
            String model,
            long from,
            long to,
            long samples,
            long added,
            long removed,
            long changed,
            double distance,
            Map<String, Part> bySlot) {}

    @Serdeable
    record Part(long rows, double distance, double largest) {}

    @Get("/versions")
    HttpResponse<Versions> list(String model) {
        VersionBook book = bus(model).book();
        List<Version> versions = new ArrayList<>();
        book.versions().values().forEach(version -> versions.add(view(book, version)));
        String learning = book.directive().hold() ? "held" : "on";
        return tagged(
                HttpResponse.ok(new Versions(
                        model, book.revision(), learning, gate(book.gate()), book.aliases(), versions.reversed())),
                book);
    }

    @Get("/versions/{version}")
    HttpResponse<Version> get(String model, String version) {
        ModelBus bus = bus(model);
        VersionBook book = bus.book();
        return tagged(HttpResponse.ok(view(book, bus.version(version))), book);
    }

    @Get("/versions/{from}/diff/{to}")
    Diff diff(String model, String from, String to) {
        VersionDiff diff = bus(model).diff(from, to);
        Map<String, Part> parts = new TreeMap<>();
        diff.bySlot().forEach((slot, part) -> parts.put(slot, new Part(part.rows(), part.distance(), part.largest())));
        return new Diff(
                model,
                diff.from(),
                diff.to(),
                diff.samples(),
                diff.added(),
                diff.removed(),
                diff.changed(),
                diff.distance(),
                parts);
    }

    @Get("/audit")
    Audit audit(String model, @QueryValue(defaultValue = "100") int limit) {
        List<AuditEntry> all = bus(model).book().audit().reversed();
        return new Audit(
                model,
                all.stream()
                        .limit(Math.max(1, limit))
                        .map(e -> new Entry(
                                e.revision(), e.timeMs(), e.who(), e.why(), e.action(), e.what(), e.metrics()))
                        .toList());
    }

    /** Asks for a version of the weights as they are; it is listed within seconds. */
    @Post("/versions")
    @Consumes(MediaType.APPLICATION_JSON)
    HttpResponse<InEffect> make(
            String model, @Body @Nullable byte[] body, @Header(HttpHeaders.IF_MATCH) @Nullable String ifMatch)
            throws InterruptedException {
        VersionsReader.Order order = reader.read(body, List.of());
        long offset = bus(model).make(asked(order, ifMatch));
        return HttpResponse.accepted().body(new InEffect(model, offset, false, 0, 0, 0, "asked for"));
    }

    @Put("/aliases/{alias}")
    @Consumes(MediaType.APPLICATION_JSON)
    InEffect promote(
            String model,
            String alias,
            @Body @Nullable byte[] body,
            @Header(HttpHeaders.IF_MATCH) @Nullable String ifMatch)
            throws InterruptedException {
        VersionsReader.Order order = reader.read(body, List.of("version"));
        return view(model, bus(model).promote(VersionsReader.alias(alias), order.to(), asked(order, ifMatch)));
    }

    @Post("/rollback")
    @Consumes(MediaType.APPLICATION_JSON)
    InEffect rollback(String model, @Body @Nullable byte[] body, @Header(HttpHeaders.IF_MATCH) @Nullable String ifMatch)
            throws InterruptedException {
        VersionsReader.Order order = reader.read(body, List.of("to", "without", "hold"));
        return view(model, bus(model).rollback(order.to(), order.without(), order.hold(), asked(order, ifMatch)));
    }

    /** Whether it learns: {@code hold} true waits where it stands, false goes on. */
    @Put("/learning")
    @Consumes(MediaType.APPLICATION_JSON)
    InEffect learning(String model, @Body @Nullable byte[] body, @Header(HttpHeaders.IF_MATCH) @Nullable String ifMatch)
            throws InterruptedException {
        VersionsReader.Order order = reader.read(body, List.of("hold", "without", "suspect"));
        Asked asked = asked(order, ifMatch);
        ModelBus bus = bus(model);
        return view(model, order.hold() ? bus.hold(asked) : bus.resume(order.without(), order.skipSuspect(), asked));
    }

    private ModelBus bus(String model) {
        models.check(model);
        return buses.of(model);
    }

    private static Asked asked(VersionsReader.Order order, @Nullable String ifMatch) {
        return new Asked(order.who(), order.why(), VersionsReader.revision(ifMatch));
    }

    private static Version view(VersionBook book, ModelVersion version) {
        return new Version(
                version.number(),
                book.aliasesOf(version.number()),
                version.madeMs(),
                version.origin(),
                version.parent(),
                "%016x".formatted(version.specFingerprint()),
                version.sequence(),
                version.samples(),
                version.rows(),
                version.watermarkMs(),
                texts(version.offsets()),
                version.metrics());
    }

    private static Gate gate(GateReport report) {
        return new Gate(
                report.getFrozen(),
                report.getSignal(),
                report.getDetail(),
                texts(report.getSuspectFromMap()),
                texts(report.getCleanFromMap()));
    }

    private static Map<String, Long> texts(Map<Integer, Long> offsets) {
        Map<String, Long> texts = new TreeMap<>();
        offsets.forEach((partition, offset) -> texts.put(partition.toString(), offset));
        return texts;
    }

    static InEffect view(String model, Effect effect) {
        return new InEffect(
                model,
                effect.revision(),
                effect.inEffect(),
                effect.sequence(),
                effect.rows(),
                effect.tookMs(),
                effect.detail());
    }

    private static <T> HttpResponse<T> tagged(MutableHttpResponse<T> response, VersionBook book) {
        return response.header(HttpHeaders.ETAG, "\"" + book.revision() + "\"");
    }
}
