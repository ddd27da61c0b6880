package dev.millrace.api.desk;

import dev.millrace.api.bus.Buses;
import dev.millrace.api.bus.ModelBus;
import dev.millrace.api.bus.ModelBus.Asked;
import dev.millrace.api.bus.ModelBus.Effect;
import dev.millrace.api.json.JsonIn;
import dev.millrace.ingest.proto.GateReport;
import dev.millrace.ps.version.AuditEntry;
import dev.millrace.ps.version.ModelVersion;
import dev.millrace.ps.version.VersionBook;
import dev.millrace.ps.version.VersionDiff;
import io.micronaut.serde.annotation.Serdeable;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Versions of a model, as both doors tell of them and take orders for them. Safe for many threads. */
public final class VersionsDesk {
    private final Models models;
    private final Buses buses;
    private final VersionsReader reader;

    public VersionsDesk(Models models, Buses buses, VersionsReader reader) {
        this.models = models;
        this.buses = buses;
        this.reader = reader;
    }

    /** @param parent number of the version before it; 0: none */
    @Serdeable
    public record Version(
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
    public record Versions(
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
    public record Gate(
            boolean frozen, String signal, String detail, Map<String, Long> suspectFrom, Map<String, Long> cleanFrom) {}

    @Serdeable
    public record Entry(
            long offset,
            long timeMs,
            String who,
            String why,
            String action,
            String what,
            Map<String, Double> metrics) {}

    /** @param entries newest first */
    @Serdeable
    public record Audit(String model, List<Entry> entries) {}

    /** See {@link Effect}. */
    @Serdeable
    public record InEffect(
            String model, long revision, boolean inEffect, long sequence, long rows, long tookMs, String detail) {}

    /** See {@link VersionDiff}. */
    @Serdeable
    public record Diff(
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
    public record Part(long rows, double distance, double largest) {}

    /**
     * Who asks, and for what.
     *
     * @param door who is named where the body names nobody
     * @param expectedRevision the registry's that the caller has seen; −1: any
     */
    public record Ask(String door, String model, JsonIn.Source body, long expectedRevision) {}

    /** The registry's revision now. */
    public long revision(String model) {
        return bus(model).book().revision();
    }

    public Versions list(String model) {
        VersionBook book = bus(model).book();
        List<Version> versions = new ArrayList<>();
        book.versions().values().forEach(version -> versions.add(view(book, version)));
        String learning = book.directive().hold() ? "held" : "on";
        return new Versions(model, book.revision(), learning, gate(book.gate()), book.aliases(), versions.reversed());
    }

    /** @param version number or alias */
    public Version get(String model, String version) {
        ModelBus bus = bus(model);
        VersionBook book = bus.book();
        return view(book, bus.version(version));
    }

    public Diff diff(String model, String from, String to) {
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

    public Audit audit(String model, int limit) {
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
    public InEffect make(Ask ask) throws InterruptedException {
        VersionsReader.Order order = reader.read(ask.door(), ask.body(), List.of());
        long offset = bus(ask.model()).make(asked(order, ask));
        return new InEffect(ask.model(), offset, false, 0, 0, 0, "asked for");
    }

    public InEffect promote(Ask ask, String alias) throws InterruptedException {
        VersionsReader.Order order = reader.read(ask.door(), ask.body(), List.of("version"));
        return view(ask.model(), bus(ask.model()).promote(VersionsReader.alias(alias), order.to(), asked(order, ask)));
    }

    public InEffect rollback(Ask ask) throws InterruptedException {
        VersionsReader.Order order = reader.read(ask.door(), ask.body(), List.of("to", "without", "hold"));
        return view(
                ask.model(), bus(ask.model()).rollback(order.to(), order.without(), order.hold(), asked(order, ask)));
    }

    /** Whether it learns: {@code hold} true waits where it stands, false goes on. */
    public InEffect learning(Ask ask) throws InterruptedException {
        VersionsReader.Order order = reader.read(ask.door(), ask.body(), List.of("hold", "without", "suspect"));
        Asked asked = asked(order, ask);
        ModelBus bus = bus(ask.model());
        return view(
                ask.model(), order.hold() ? bus.hold(asked) : bus.resume(order.without(), order.skipSuspect(), asked));
    }

    private ModelBus bus(String model) {
        models.check(model);
        return buses.of(model);
    }

    private static Asked asked(VersionsReader.Order order, Ask ask) {
        return new Asked(order.who(), order.why(), ask.expectedRevision());
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

    /** As doors tell of it. */
    public static InEffect view(String model, Effect effect) {
        return new InEffect(
                model,
                effect.revision(),
                effect.inEffect(),
                effect.sequence(),
                effect.rows(),
                effect.tookMs(),
                effect.detail());
    }
}
