package dev.millrace.ps.version;

import dev.millrace.ingest.proto.ArmEvidence;
import dev.millrace.ingest.proto.DirectiveDone;
import dev.millrace.ingest.proto.GateReport;
import dev.millrace.ingest.proto.VersionEvent;
import dev.millrace.ingest.spec.ArmSpec.Role;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * All that a model's registry says, up to one offset: the same for everyone who read as far, since an event that was
 * written for an older revision than it met counts for nothing, here as elsewhere. Immutable.
 *
 * @param next offset of the first record that it does not know
 * @param revision offset, plus one, of the last event that changed an alias or gave a directive; 0: none
 * @param versions by number
 * @param aliases name to number
 * @param directive the newest one
 * @param done what became of the last directive that was carried out
 * @param wanted when a version was last asked for, and not made yet: the offset of the asking; −1: it was made
 * @param offers weights made elsewhere that wait to become versions, in the order in which they were offered
 * @param gate what the gate before publishing last said
 * @param arms what was said of models that answer for this one, or might
 * @param evidence what comparing them had come to when it was last written
 * @param audit oldest first, the last {@value #MAX_AUDIT}
 */
public record VersionBook(
        long next,
        long revision,
        SortedMap<Long, ModelVersion> versions,
        SortedMap<String, Long> aliases,
        Directive directive,
        Optional<DirectiveDone> done,
        long wanted,
        List<Offer> offers,
        GateReport gate,
        SortedMap<String, ArmState> arms,
        ArmEvidence evidence,
        List<AuditEntry> audit) {
    /** The alias of the version that the serving weights have grown from. */
    public static final String CHAMPION = "champion";

    static final int MAX_AUDIT = 2_000;

    public static final VersionBook EMPTY = new VersionBook(
            0,
            0,
            Collections.emptySortedMap(),
            Collections.emptySortedMap(),
            Directive.LEARN,
            Optional.empty(),
            -1,
            List.of(),
            GateReport.getDefaultInstance(),
            Collections.emptySortedMap(),
            ArmEvidence.getDefaultInstance(),
            List.of());

    /** This and one more record, in the order of the topic. */
    public VersionBook with(long offset, VersionEvent event) {
        boolean late = event.getExpectedRevision() != 0 && event.getExpectedRevision() - 1 != revision;
        Draft draft = new Draft(this, offset + 1);
        if (!late) {
            draft.take(offset, event);
        }
        return draft.book();
    }

    /** This, when a record brought nothing. */
    VersionBook past(long offset) {
        return new Draft(this, offset + 1).book();
    }

    /** Whether the event at this offset counted. */
    public boolean counted(long offset) {
        return audit.stream().anyMatch(entry -> entry.revision() == offset);
    }

    /** Whether the newest directive waits for being carried out. */
    public boolean pending() {
        return directive.revision() != 0 && !carriedOut(directive.revision());
    }

    /** Whether this directive, or a later one, was carried out or has failed. */
    public boolean carriedOut(long directiveRevision) {
        return done.filter(d -> d.getDirective() >= directiveRevision).isPresent();
    }

    /** The arm that was given the champion's place; empty: the model itself answers. */
    public Optional<String> championArm() {
        return arms.entrySet().stream()
                .filter(arm -> arm.getValue().role() == Role.CHAMPION)
                .map(java.util.Map.Entry::getKey)
                .findFirst();
    }

    /** The number that the next version gets. */
    public long nextNumber() {
        return versions.isEmpty() ? 1 : versions.lastKey() + 1;
    }

    /** The one with the highest number. */
    public Optional<ModelVersion> newest() {
        return versions.isEmpty() ? Optional.empty() : Optional.ofNullable(versions.get(versions.lastKey()));
    }

    /** The one that was made of this offer. */
    public Optional<ModelVersion> ofRun(String run) {
        return versions.values().stream()
                .filter(version -> version.run().equals(run))
                .findFirst();
    }

    /** Its aliases, in order. */
    public List<String> aliasesOf(long number) {
        return aliases.entrySet().stream()
                .filter(alias -> alias.getValue() == number)
                .map(java.util.Map.Entry::getKey)
                .toList();
    }

    /** The book that comes next, while it is written. */
    private static final class Draft {
        private final long next;
        private long revision;
        private final TreeMap<Long, ModelVersion> versions;
        private final TreeMap<String, Long> aliases;
        private Directive directive;
        private Optional<DirectiveDone> done;
        private long wanted;
        private final List<Offer> offers;
        private GateReport gate;
        private final TreeMap<String, ArmState> arms;
        private ArmEvidence evidence;
        private final List<AuditEntry> audit;

        Draft(VersionBook before, long next) {
            this.next = next;
            revision = before.revision;
            versions = new TreeMap<>(before.versions);
            aliases = new TreeMap<>(before.aliases);
            directive = before.directive;
            done = before.done;
            wanted = before.wanted;
            offers = new ArrayList<>(before.offers);
            gate = before.gate;
            arms = new TreeMap<>(before.arms);
            evidence = before.evidence;
            audit = new ArrayList<>(before.audit);
        }

        void take(long offset, VersionEvent event) {
            switch (event.getWhatCase()) {
                case MADE -> {
                    ModelVersion made = VersionEvents.version(event);
                    versions.put(made.number(), made);
                    if (made.run().isEmpty()) {
                        wanted = -1;
                    } else {
                        close(made.run());
                    }
                    note(offset, event, "version", "made version " + made.number());
                }
                case RETIRED -> {
                    versions.remove(event.getRetired().getVersion());
                    note(
                            offset,
                            event,
                            "retire",
                            "version " + event.getRetired().getVersion());
                }
                case WANTED -> {
                    wanted = offset;
                    note(offset, event, "version", "asked for a version");
                }
                case OFFERED -> {
                    var offered = event.getOffered();
                    close(offered.getRun());
                    offers.add(new Offer(
                            offered.getRun(),
                            offered.getPlace(),
                            event.getWho(),
                            event.getWhy(),
                            event.getMetricsMap()));
                    note(offset, event, "version", "offered weights of " + offered.getRun());
                }
                case DECLINED -> {
                    var declined = event.getDeclined();
                    close(declined.getRun());
                    note(offset, event, "failed", "no version of " + declined.getRun() + ": " + declined.getFailure());
                }
                case ALIAS -> {
                    var alias = event.getAlias();
                    aliases.put(alias.getAlias(), alias.getVersion());
                    revision = offset + 1;
                    note(offset, event, "promote", alias.getAlias() + " is version " + alias.getVersion());
                }
                case DIRECTIVE -> {
                    directive = VersionEvents.directive(offset + 1, event);
                    if (directive.version() > 0) {
                        aliases.put(CHAMPION, directive.version());
                    }
                    if (!directive.hold()) {
                        gate = GateReport.getDefaultInstance();
                    }
                    revision = offset + 1;
                    note(offset, event, VersionEvents.action(directive), VersionEvents.words(directive));
                }
                case DONE -> {
                    done = Optional.of(event.getDone());
                    boolean failed = !event.getDone().getFailure().isEmpty();
                    note(offset, event, failed ? "failed" : "done", VersionEvents.words(event.getDone()));
                }
                case GATE -> {
                    gate = event.getGate();
                    note(offset, event, "gate", VersionEvents.words(gate));
                }
                case ARM -> arm(offset, event);
                case EVIDENCE -> evidence = event.getEvidence();
                case WHAT_NOT_SET -> {
                    // Of a later format: what it says is not for this reader.
                }
            }
        }

        private void arm(long offset, VersionEvent event) {
            String name = event.getArm().getArm();
            ArmState state = ArmState.of(event.getArm(), arms.get(name));
            if (state.role() == Role.CHAMPION) {
                arms.replaceAll((other, was) -> was.role() == Role.CHAMPION ? was.as(Role.SHADOW) : was);
            }
            arms.put(name, state);
            revision = offset + 1;
            note(offset, event, "promote", state.words(name));
        }

        private void close(String run) {
            offers.removeIf(offer -> offer.run().equals(run));
        }

        private void note(long offset, VersionEvent event, String action, String what) {
            audit.add(new AuditEntry(
                    offset, event.getTimeMs(), event.getWho(), event.getWhy(), action, what, event.getMetricsMap()));
            if (audit.size() > MAX_AUDIT) {
                audit.removeFirst();
            }
        }

        VersionBook book() {
            return new VersionBook(
                    next,
                    revision,
                    Collections.unmodifiableSortedMap(versions),
                    Collections.unmodifiableSortedMap(aliases),
                    directive,
                    done,
                    wanted,
                    List.copyOf(offers),
                    gate,
                    Collections.unmodifiableSortedMap(arms),
                    evidence,
                    List.copyOf(audit));
        }
    }
}
