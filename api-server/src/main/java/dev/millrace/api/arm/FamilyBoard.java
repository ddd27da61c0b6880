package dev.millrace.api.arm;

import dev.millrace.api.arm.OpenRequest.Labelled;
import dev.millrace.ingest.feature.EncodedImpression;
import dev.millrace.ingest.id.SampleIds;
import dev.millrace.ingest.proto.ArmEvidence;
import dev.millrace.ingest.proto.Exposure;
import dev.millrace.ingest.proto.Sums;
import dev.millrace.ingest.sample.SampleBlock;
import it.unimi.dsi.fastutil.longs.Long2ObjectLinkedOpenHashMap;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How a family's arms do, on requests that were shown since the champion is who it is. When too many are open, new ones are
 * left out, whoever answered them; labels that come before their impression wait for it.
 *
 * <pre>
 *  field          written by                 guard
 *  open, tallies  the two tails' threads     this
 * </pre>
 */
final class FamilyBoard {
    private static final Logger LOG = LoggerFactory.getLogger(FamilyBoard.class);

    /** @param maxOpen requests. @param maxEarly labels that wait for their impression */
    record Bounds(int maxOpen, int maxEarly) {
        static final Bounds DEFAULT = new Bounds(20_000, 20_000);
    }

    private final Family family;
    private final long holdMs;
    private final Bounds bounds;
    private final long modelHash;
    private final Long2ObjectLinkedOpenHashMap<OpenRequest> open = new Long2ObjectLinkedOpenHashMap<>();
    private final Long2ObjectLinkedOpenHashMap<List<Labelled>> early = new Long2ObjectLinkedOpenHashMap<>();
    private final Map<String, ArmTally> tallies = new HashMap<>();
    private int waiting;
    private String champion;
    private long sinceMs;
    /** Of impressions that count: later than that after a restart. */
    private long fromMs;

    private long leftOut;
    private long changes;

    /** @param holdMs after the impression, until all its labels must have come. @param nowMs from when on it counts */
    FamilyBoard(Family family, long holdMs, Bounds bounds, long nowMs) {
        this.family = family;
        this.holdMs = holdMs;
        this.bounds = bounds;
        modelHash = SampleIds.ofModel(family.model());
        champion = family.model();
        sinceMs = nowMs;
        fromMs = nowMs;
    }

    synchronized void impression(EncodedImpression shown, long nowMs) {
        follow(nowMs);
        close(nowMs);
        if (shown.timeMs() < fromMs) {
            return;
        }
        if (open.size() >= bounds.maxOpen()) {
            leftOut++;
            return;
        }
        long request = SampleIds.ofRequest(shown.requestId());
        OpenRequest opened = new OpenRequest(shown, request, nowMs + holdMs);
        if (open.putIfAbsent(request, opened) == null) {
            List<Labelled> labels = early.remove(request);
            if (labels != null) {
                waiting -= labels.size();
                labels.forEach(label -> opened.label(modelHash, label));
            }
        }
    }

    /** Of the base's own topic: labels are the same for all. */
    synchronized void samples(SampleBlock block, long nowMs) {
        follow(nowMs);
        for (int i = 0; i < block.size(); i++) {
            Labelled label = Labelled.of(block, i);
            OpenRequest request = open.get(block.requestHash(i));
            if (label != null && request != null) {
                request.label(modelHash, label);
            } else if (label != null) {
                await(block.requestHash(i), label);
            }
        }
        close(nowMs);
    }

    /** A label whose impression was not read yet. */
    private void await(long request, Labelled label) {
        while (waiting >= bounds.maxEarly()) {
            waiting -= early.removeFirst().size();
        }
        List<Labelled> labels = early.get(request);
        if (labels == null) {
            labels = new ArrayList<>(2);
            early.put(request, labels);
        }
        labels.add(label);
        waiting++;
    }

    /** Another champion: what was compared with the one before says nothing of it. */
    private void follow(long nowMs) {
        String now = family.plan().champion().model();
        if (!now.equals(champion)) {
            champion = now;
            sinceMs = nowMs;
            fromMs = nowMs;
            open.clear();
            tallies.clear();
            leftOut = 0;
            changes++;
        }
    }

    private void close(long nowMs) {
        while (!open.isEmpty() && open.get(open.firstLongKey()).untilMs() <= nowMs) {
            count(open.removeFirst());
        }
    }

    private void count(OpenRequest request) {
        double liked = request.liked();
        RequestScore ofChampion = request.score(champion);
        if (Double.isNaN(liked) || ofChampion == null) {
            return;
        }
        changes++;
        Exposure exposure = request.exposure();
        if (exposure == null || !exposure.getInterleaved()) {
            tally(request.answeredBy()).answered(liked);
        } else if (liked > 0) {
            tally(exposure.getArm()).drafted(request.liked(true), request.liked(false));
        }
        for (Arm arm : family.arms()) {
            RequestScore its = request.score(arm.model());
            if (its == null || its.samples() == 0 || !arm.isCompared()) {
                continue;
            }
            ArmTally tally = tally(arm.model());
            tally.scored(its);
            if (!arm.model().equals(champion)) {
                tally.compared(its, ofChampion);
            }
        }
    }

    private ArmTally tally(String arm) {
        return tallies.computeIfAbsent(arm, name -> new ArmTally());
    }

    /** What is known now, to look at under the lock. */
    synchronized <T> T look(long nowMs, Function<Known, T> view) {
        follow(nowMs);
        close(nowMs);
        return view.apply(new Known(champion, sinceMs, open.size(), leftOut, changes, this::tally));
    }

    /** @param tally of an arm, by its name */
    record Known(
            String champion, long sinceMs, int open, long leftOut, long changes, Function<String, ArmTally> tally) {}

    /** All of it, but for what is open. */
    synchronized ArmEvidence evidence() {
        ArmEvidence.Builder evidence =
                ArmEvidence.newBuilder().setChampion(champion).setSinceMs(sinceMs);
        BiConsumer<String, double[]> put = (key, values) -> {
            Sums.Builder sums = Sums.newBuilder();
            for (double value : values) {
                sums.addValues(value);
            }
            evidence.putSums(key, sums.build());
        };
        tallies.forEach(
                (arm, tally) -> tally.state().forEach((number, values) -> put.accept(arm + '/' + number, values)));
        return evidence.build();
    }

    /** Goes on from what was written before, if it is of this champion; what happened since counts for nothing. */
    synchronized void restore(ArmEvidence evidence, long nowMs) {
        follow(nowMs);
        if (!evidence.getChampion().equals(champion) || evidence.getSumsCount() == 0) {
            return;
        }
        sinceMs = evidence.getSinceMs();
        Map<String, Map<String, double[]>> byArm = new HashMap<>();
        evidence.getSumsMap().forEach((key, sums) -> {
            int slash = key.indexOf('/');
            byArm.computeIfAbsent(key.substring(0, Math.max(0, slash)), arm -> new HashMap<>())
                    .put(
                            key.substring(slash + 1),
                            sums.getValuesList().stream()
                                    .mapToDouble(Double::doubleValue)
                                    .toArray());
        });
        byArm.forEach((arm, state) -> {
            try {
                ArmTally tally = new ArmTally();
                tally.restore(state);
                tallies.put(arm, tally);
            } catch (IllegalArgumentException e) {
                LOG.warn("model {}: what was known of arm {} cannot be read, it begins anew", family.model(), arm, e);
            }
        });
    }
}
