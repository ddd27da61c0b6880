package dev.millrace.api.rank;

import com.google.protobuf.ByteString;
import dev.millrace.ingest.feature.FeatureValue;
import dev.millrace.ingest.feature.RawFeatures;
import dev.millrace.ingest.profile.LiveFeatures;
import dev.millrace.ingest.profile.ProfileStore;
import dev.millrace.ingest.profile.ProfileStore.Found;
import dev.millrace.ingest.profile.ProfileStore.Kind;
import dev.millrace.ingest.profile.ProfileStore.Wanted;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A request's raw features: what it says above what is stored, and real-time ones above both. The profiles of the person and
 * of all candidates, with their real-time rows, are one look-up; two where items are counted by an attribute of the person,
 * which has to be known first.
 *
 * @param shared of the person and the context
 * @param items of each candidate
 * @param degraded names what could not be had: {@code profiles}; empty when all is there
 */
record RankFeatures(RawFeatures shared, List<RawFeatures> items, List<String> degraded) {
    private static final Found NOBODY = new Found(List.of(), List.of());

    static RankFeatures of(RankRequest request, LiveFeatures live, ProfileStore profiles, long nowMs) {
        String user = request.user();
        Wanted person = user == null ? null : new Wanted(Kind.USER, List.of(user), live.userKeys(user));
        List<String> ids = new ArrayList<>(request.candidates().size());
        request.candidates().forEach(candidate -> ids.add(candidate.item()));
        Found ofPerson;
        Found ofItems;
        RawFeatures shared;
        Map<String, List<String>> segments;
        if (person == null || live.hasSegments()) {
            ofPerson =
                    person == null ? NOBODY : profiles.served(List.of(person)).getFirst();
            shared = shared(request, live, ofPerson, nowMs);
            segments = live.segments(shared.asMap());
            ofItems = profiles.served(List.of(wanted(ids, live, segments))).getFirst();
        } else {
            segments = Map.of();
            List<Found> both = profiles.served(List.of(person, wanted(ids, live, segments)));
            ofPerson = both.getFirst();
            shared = shared(request, live, ofPerson, nowMs);
            ofItems = both.getLast();
        }
        boolean degraded = ofPerson.degraded() || ofItems.degraded();
        return new RankFeatures(
                shared,
                items(request, live, ofItems, segments, nowMs),
                degraded ? List.of(RankAnswer.PROFILES) : List.of());
    }

    /** Of the person and the context alone. */
    static RawFeatures side(RankRequest request, LiveFeatures live, ProfileStore profiles, long nowMs) {
        String user = request.user();
        Found person = user == null
                ? NOBODY
                : profiles.served(List.of(new Wanted(Kind.USER, List.of(user), live.userKeys(user))))
                        .getFirst();
        return shared(request, live, person, nowMs);
    }

    private static Wanted wanted(List<String> ids, LiveFeatures live, Map<String, List<String>> segments) {
        List<ByteString> keys = new ArrayList<>();
        if (live.hasItems()) {
            ids.forEach(id -> keys.addAll(live.itemKeys(id, segments)));
        }
        return new Wanted(Kind.ITEM, ids, keys);
    }

    private static RawFeatures shared(RankRequest request, LiveFeatures live, Found person, long nowMs) {
        Map<String, FeatureValue> features = new LinkedHashMap<>();
        if (!person.profiles().isEmpty()) {
            features.putAll(person.profiles().getFirst().asMap());
            if (!person.degraded()) {
                live.user(person.rows(), nowMs, features);
            }
        }
        features.putAll(request.context());
        return RawFeatures.of(features);
    }

    private static List<RawFeatures> items(
            RankRequest request, LiveFeatures live, Found found, Map<String, List<String>> segments, long nowMs) {
        List<RankRequest.Candidate> candidates = request.candidates();
        int rows = found.rows().size() / candidates.size();
        List<RawFeatures> items = new ArrayList<>(candidates.size());
        for (int i = 0; i < candidates.size(); i++) {
            RawFeatures profile = found.profiles().get(i);
            RankRequest.Candidate candidate = candidates.get(i);
            if ((rows == 0 || found.degraded()) && candidate.isBare()) {
                items.add(profile);
                continue;
            }
            Map<String, FeatureValue> features = new LinkedHashMap<>(profile.asMap());
            features.putAll(candidate.features());
            if (!found.degraded()) {
                live.item(found.rows().subList(i * rows, (i + 1) * rows), segments, nowMs, features);
            }
            items.add(RawFeatures.of(features));
        }
        return items;
    }
}
