package dev.millrace.api.arm;

import dev.millrace.ingest.feature.RawFeatures;
import dev.millrace.ingest.feature.SegmentMatch;
import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.proto.Exposure;
import dev.millrace.ingest.spec.ArmSpec.Compare;
import dev.millrace.ingest.spec.ArmSpec.Role;
import dev.millrace.ingest.spec.Segment;
import dev.millrace.ps.serve.WeightServer;
import dev.millrace.ps.version.ArmState;
import dev.millrace.ps.version.VersionBook;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Who answers whom in a family, as of one revision of its registry. People fall to arms by a hash of the experiment's name
 * and the person: the same ones each time, on every server, and others for another name. Experiments are asked in the order
 * of their names; who falls to an arm of one is in no later one, and the rest is the champion's. An arm whose weights have not
 * caught up answers nobody. Immutable.
 *
 * @param arms champion first, then by name; segments and idle arms too
 */
record Plan(long revision, Arm champion, List<Arm> arms, List<Arm> segments, SortedMap<String, List<Arm>> experiments) {
    private static final long SEED = 0x61726D73L;
    private static final double UNIT = 0x1p-53;

    static Plan of(String model, Collection<WeightServer> members, VersionBook book) {
        String champion = book.championArm()
                .filter(name -> members.stream().anyMatch(m -> m.spec().model().equals(name)))
                .orElse(model);
        List<Arm> arms = new ArrayList<>();
        List<Arm> segments = new ArrayList<>();
        SortedMap<String, List<Arm>> experiments = new TreeMap<>();
        for (WeightServer member : members) {
            String name = member.spec().model();
            Arm arm = Arm.of(
                    member,
                    role(member, name.equals(champion), book),
                    book.arms().get(name));
            if (arm.role() == Role.CHAMPION) {
                arms.addFirst(arm);
                continue;
            }
            arms.add(arm);
            if (member.spec().segment() != null && arm.role() != Role.IDLE) {
                segments.add(arm);
            } else if (arm.role() == Role.CHALLENGER && arm.share() > 0) {
                experiments
                        .computeIfAbsent(arm.experiment(), e -> new ArrayList<>())
                        .add(arm);
            }
        }
        return new Plan(book.revision(), arms.getFirst(), List.copyOf(arms), List.copyOf(segments), experiments);
    }

    private static Role role(WeightServer member, boolean isChampion, VersionBook book) {
        if (isChampion) {
            return Role.CHAMPION;
        }
        ArmState said = book.arms().get(member.spec().model());
        if (said != null && said.role() != Role.CHAMPION) {
            return said.role();
        }
        var arm = member.spec().arm();
        return arm == null ? Role.SHADOW : arm.role();
    }

    /** Whether nobody but the champion is there. */
    boolean isAlone() {
        return arms.size() == 1;
    }

    /** @param shared the request's own attributes */
    Route route(String person, RawFeatures shared) {
        for (Arm arm : segments) {
            Segment segment = arm.weights().spec().segment();
            if (segment != null
                    && SegmentMatch.of(segment, shared)
                    && arm.weights().caughtUp()) {
                return Route.to(arm);
            }
        }
        if (experiments.isEmpty()) {
            return Route.to(champion);
        }
        // Part of the people whom no experiment before has taken.
        double left = 1;
        for (var experiment : experiments.entrySet()) {
            double drawn = draw(experiment.getKey(), person);
            double from = 0;
            for (Arm arm : experiment.getValue()) {
                double share = Math.min(arm.share(), 1 - from);
                if (drawn < from + share) {
                    return route(arm, left * share);
                }
                from += share;
            }
            left *= 1 - from;
        }
        return new Route(
                champion,
                null,
                exposure(String.join(",", experiments.keySet()), champion, left).build());
    }

    /** 0..1, the same for the same two. */
    static double draw(String experiment, String person) {
        return (FeatureIds.hash(experiment + '\n' + person, SEED) >>> 11) * UNIT;
    }

    private Route route(Arm arm, double share) {
        if (!arm.weights().caughtUp()) {
            // Its people are served as ever, and no part of the experiment.
            return Route.to(champion);
        }
        Exposure.Builder exposure = exposure(arm.experiment(), arm, share);
        return arm.compare() == Compare.SPLIT
                ? new Route(arm, null, exposure.build())
                : new Route(champion, arm, exposure.setInterleaved(true).build());
    }

    private static Exposure.Builder exposure(String experiment, Arm arm, double share) {
        return Exposure.newBuilder()
                .setExperiment(experiment)
                .setArm(arm.model())
                .setShare((float) share);
    }
}
