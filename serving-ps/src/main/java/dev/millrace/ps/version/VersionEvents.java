package dev.millrace.ps.version;

import dev.millrace.ingest.proto.AliasSet;
import dev.millrace.ingest.proto.ArmEvidence;
import dev.millrace.ingest.proto.ArmSet;
import dev.millrace.ingest.proto.DirectiveDone;
import dev.millrace.ingest.proto.DirectiveRecord;
import dev.millrace.ingest.proto.GateReport;
import dev.millrace.ingest.proto.OfferDeclined;
import dev.millrace.ingest.proto.StretchRecord;
import dev.millrace.ingest.proto.VersionEvent;
import dev.millrace.ingest.proto.VersionOffered;
import dev.millrace.ingest.proto.VersionRecord;
import dev.millrace.ingest.proto.VersionRetired;
import dev.millrace.ingest.proto.VersionWanted;
import dev.millrace.ingest.spec.ArmSpec.Role;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Events of the registry, to and from what they say. */
public final class VersionEvents {
    private VersionEvents() {}

    /**
     * Who says it, why, and what was known then.
     *
     * @param expectedRevision the registry's revision that they had seen; −1: any
     */
    public record Said(long timeMs, String who, String why, Map<String, Double> metrics, long expectedRevision) {
        public static final long ANY = -1;

        public Said {
            metrics = Map.copyOf(metrics);
        }

        /** Whatever the revision. */
        public static Said of(long timeMs, String who, String why) {
            return new Said(timeMs, who, why, Map.of(), ANY);
        }

        private VersionEvent.Builder event() {
            return VersionEvent.newBuilder()
                    .setTimeMs(timeMs)
                    .setWho(who)
                    .setWhy(why)
                    .putAllMetrics(metrics)
                    .setExpectedRevision(expectedRevision + 1);
        }
    }

    public static VersionEvent made(ModelVersion version, Said said) {
        return said.event()
                .setMade(VersionRecord.newBuilder()
                        .setNumber(version.number())
                        .setSpecFingerprint(version.specFingerprint())
                        .setSequence(version.sequence())
                        .putAllOffsets(version.offsets())
                        .setSamples(version.samples())
                        .setDuplicateSamples(version.duplicateSamples())
                        .setWatermarkMs(version.watermarkMs())
                        .setRows(version.rows())
                        .setParent(version.parent())
                        .setOrigin(version.origin())
                        .setRun(version.run()))
                .build();
    }

    public static VersionEvent alias(String alias, long version, Said said) {
        return said.event()
                .setAlias(AliasSet.newBuilder().setAlias(alias).setVersion(version))
                .build();
    }

    public static VersionEvent wanted(Said said) {
        return said.event().setWanted(VersionWanted.getDefaultInstance()).build();
    }

    /** @param place of a snapshot that is to become a version, once; what is said goes with it */
    public static VersionEvent offered(String run, String place, Said said) {
        return said.event()
                .setOffered(VersionOffered.newBuilder().setRun(run).setPlace(place))
                .build();
    }

    public static VersionEvent declined(String run, String failure, Said said) {
        return said.event()
                .setDeclined(OfferDeclined.newBuilder().setRun(run).setFailure(failure))
                .build();
    }

    public static VersionEvent retired(long version, Said said) {
        return said.event()
                .setRetired(VersionRetired.newBuilder().setVersion(version))
                .build();
    }

    /** @param directive its revision is given by where it will stand */
    public static VersionEvent directive(Directive directive, Said said) {
        var record = DirectiveRecord.newBuilder()
                .setVersion(directive.version())
                .putAllBackTo(directive.backTo())
                .setHold(directive.hold())
                .putAllHoldAt(directive.holdAt());
        for (Stretch stretch : directive.without()) {
            record.addWithout(StretchRecord.newBuilder()
                    .setPartition(stretch.partition())
                    .setFrom(stretch.from())
                    .setTo(stretch.to()));
        }
        return said.event().setDirective(record).build();
    }

    /** @param share part of the people; 0: as it was */
    public static VersionEvent arm(String arm, Role role, double share, Said said) {
        return said.event()
                .setArm(ArmSet.newBuilder()
                        .setArm(arm)
                        .setRole(role.name().toLowerCase(Locale.ROOT))
                        .setShare(share))
                .build();
    }

    public static VersionEvent evidence(ArmEvidence evidence, Said said) {
        return said.event().setEvidence(evidence).build();
    }

    public static VersionEvent gate(GateReport report, Said said) {
        return said.event().setGate(report).build();
    }

    public static VersionEvent done(DirectiveDone done, Said said) {
        return said.event().setDone(done).build();
    }

    static ModelVersion version(VersionEvent event) {
        VersionRecord made = event.getMade();
        return new ModelVersion(
                made.getNumber(),
                event.getTimeMs(),
                made.getSpecFingerprint(),
                made.getSequence(),
                made.getOffsetsMap(),
                made.getSamples(),
                made.getDuplicateSamples(),
                made.getWatermarkMs(),
                made.getRows(),
                made.getParent(),
                made.getOrigin(),
                made.getRun(),
                event.getWho(),
                event.getWhy(),
                event.getMetricsMap());
    }

    static Directive directive(long revision, VersionEvent event) {
        DirectiveRecord record = event.getDirective();
        List<Stretch> without = new ArrayList<>();
        for (StretchRecord stretch : record.getWithoutList()) {
            without.add(new Stretch(stretch.getPartition(), stretch.getFrom(), stretch.getTo()));
        }
        return new Directive(
                revision, record.getVersion(), record.getBackToMap(), without, record.getHold(), record.getHoldAtMap());
    }

    static String action(Directive directive) {
        if (directive.restores()) {
            return "rollback";
        }
        return directive.hold() ? "hold" : "resume";
    }

    static String words(Directive directive) {
        StringBuilder words = new StringBuilder();
        if (directive.version() > 0) {
            words.append("weights of version ").append(directive.version());
        } else if (directive.restores()) {
            words.append("weights as of samples ").append(directive.backTo());
        } else {
            words.append("weights as they are");
        }
        words.append(directive.hold() ? ", learning waits" : ", learning goes on");
        if (directive.hold() && !directive.holdAt().isEmpty()) {
            words.append(" at samples ").append(directive.holdAt());
        }
        for (Stretch stretch : directive.without()) {
            words.append(", without %d..%d of partition %d"
                    .formatted(stretch.from(), stretch.to() - 1, stretch.partition()));
        }
        return words.toString();
    }

    static String words(GateReport gate) {
        if (!gate.getFrozen()) {
            return "publishing goes on";
        }
        String suspects = "samples from " + gate.getSuspectFromMap();
        return gate.getCleanFromCount() == 0
                ? "publishing frozen, " + gate.getSignal() + ": " + gate.getDetail() + "; " + suspects
                : "samples are as before again from " + gate.getCleanFromMap() + "; suspect: " + suspects;
    }

    static String words(DirectiveDone done) {
        return done.getFailure().isEmpty()
                ? "directive %d in effect with sequence %d: %d rows, %d ms"
                        .formatted(done.getDirective(), done.getSequence(), done.getRows(), done.getTookMs())
                : "directive %d: %s".formatted(done.getDirective(), done.getFailure());
    }
}
