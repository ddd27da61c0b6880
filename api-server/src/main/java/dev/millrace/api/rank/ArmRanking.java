package dev.millrace.api.rank;

import dev.millrace.api.arm.Arm;
import dev.millrace.api.arm.Family;
import dev.millrace.api.arm.Route;
import dev.millrace.ingest.feature.RawFeatures;
import dev.millrace.ingest.proto.Exposure;
import dev.millrace.ingest.proto.OtherScores;
import dev.millrace.ps.serve.WeightServer;
import dev.millrace.ps.serve.WeightsUnavailable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ranks with one of a family's arms, and lets the others score what is shown: of the first {@value #LOOKED_AT} places, so
 * that it costs little beside the candidates' scores; whose weights cannot be had is left out. Safe for many threads.
 */
final class ArmRanking {
    private static final Logger LOG = LoggerFactory.getLogger(ArmRanking.class);
    /** Places that are compared. */
    private static final int LOOKED_AT = 100;

    private final Family family;
    private final String model;
    private final boolean routes;
    private final Map<String, Policy> policies = new HashMap<>();

    /** @param asked the model that is asked for: of the base the arms answer, of another it does itself */
    ArmRanking(Family family, WeightServer asked) {
        this.family = family;
        model = asked.spec().model();
        routes = model.equals(family.model());
        family.members().forEach(m -> policies.put(m.spec().model(), new Policy(m)));
    }

    Ranker.Answered answer(RankRequest request, RawFeatures shared, List<RawFeatures> items) {
        Route route = routes ? family.route(person(request), shared) : family.routeTo(model);
        Policy policy = policy(route.answers());
        Arm drafts = route.drafts();
        Policy.Listed listed = drafts == null
                ? policy.list(request, shared, items)
                : policy.drafted(policy(drafts), request, shared, items);
        return new Ranker.Answered(
                policy, listed, others(route.answers(), shared, items, listed), exposure(route, listed));
    }

    private Policy policy(Arm arm) {
        return Objects.requireNonNull(policies.get(arm.model()), arm.model());
    }

    /** Whoever cannot be told from others is a new one each time. */
    private static String person(RankRequest request) {
        String user = request.user();
        String session = request.session();
        return user != null ? user : session != null ? session : request.requestId();
    }

    private static @Nullable Exposure exposure(Route route, Policy.Listed listed) {
        Exposure exposure = route.exposure();
        boolean[] drafted = listed.shown().drafted();
        if (exposure == null || drafted == null) {
            return exposure;
        }
        Exposure.Builder more = exposure.toBuilder();
        for (boolean byArm : drafted) {
            more.addDrafted(byArm);
        }
        return more.build();
    }

    private List<OtherScores> others(Arm answers, RawFeatures shared, List<RawFeatures> items, Policy.Listed listed) {
        int[] order = listed.shown().order();
        List<RawFeatures> seen = new ArrayList<>();
        for (int place = 0; place < Math.min(LOOKED_AT, order.length); place++) {
            seen.add(items.get(order[place]));
        }
        List<OtherScores> others = new ArrayList<>();
        for (Arm arm : family.arms()) {
            if (Family.looksOn(arm, answers)) {
                score(policy(arm), shared, seen, others);
            }
        }
        return others;
    }

    private static void score(Policy arm, RawFeatures shared, List<RawFeatures> seen, List<OtherScores> others) {
        float[] scores = new float[arm.scores(seen.size())];
        String model = arm.weights().spec().model();
        try {
            OtherScores.Builder out = OtherScores.newBuilder()
                    .setModel(model)
                    .setModelVersion(arm.weights().score(shared, seen, scores));
            for (int place = 0; place < seen.size(); place++) {
                out.addScores(scores[place]);
            }
            others.add(out.build());
        } catch (WeightsUnavailable e) {
            LOG.debug("arm {} did not look on", model, e);
        }
    }
}
