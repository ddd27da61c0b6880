package dev.millrace.api.desk;

import dev.millrace.api.candidate.CandidateConfig;
import dev.millrace.api.candidate.CandidateIndex;
import dev.millrace.api.candidate.NearestItems;
import dev.millrace.api.candidate.Source;
import dev.millrace.ingest.feature.FeatureValue;
import dev.millrace.ingest.feature.RawFeatures;
import dev.millrace.ingest.profile.ProfileStore;
import dev.millrace.ingest.profile.ProfilesUnavailable;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One model's candidates: those of each source by turns, then what else is popular or new, until enough have passed the
 * filters. Where any of what is looked at is stored, only stored items pass: what was deleted is not shown again.
 */
final class Catalogue {
    private static final int BLOCK = 250;

    private final CandidateIndex index;
    private final @Nullable NearestItems nearest;
    private final ProfileStore profiles;
    private final CandidateConfig config;

    /** @param nearest of a model with embeddings */
    Catalogue(CandidateIndex index, @Nullable NearestItems nearest, ProfileStore profiles, CandidateConfig config) {
        this.index = index;
        this.nearest = nearest;
        this.profiles = profiles;
        this.config = config;
    }

    /**
     * Items with the sources that gave them, {@code max(wanted, limit)} at most.
     *
     * @param side {@code user.*} and {@code context.*} attributes of whoever asks
     */
    Map<String, List<String>> candidates(RecommendRequest request, RawFeatures side) {
        long person = CandidateIndex.person(request.user(), request.session());
        Set<String> excluded = new HashSet<>(request.exclude());
        if (!request.withSeen()) {
            excluded.addAll(index.seen(person));
        }
        Map<String, EnumSet<Source>> found = new LinkedHashMap<>();
        List<String> near = nearest == null ? List.of() : nearest.nearest(side, index.liked(person));
        List<String> popular = index.popular();
        List<String> recent = index.recent();
        add(Source.TOGETHER, index.together(person), found, excluded, config.perSource());
        add(Source.NEAREST, near, found, excluded, config.perSource());
        add(Source.POPULAR, popular, found, excluded, config.perSource());
        add(Source.RECENT, recent, found, excluded, config.perSource());
        add(Source.POPULAR, popular, found, excluded, config.looked());
        add(Source.RECENT, recent, found, excluded, config.looked());
        Map<String, List<String>> passed = new LinkedHashMap<>();
        for (String item : filtered(new ArrayList<>(found.keySet()), request)) {
            passed.put(
                    item,
                    Objects.requireNonNull(found.get(item)).stream()
                            .map(Source::label)
                            .toList());
        }
        return passed;
    }

    /** The first {@code count} of a list that are not excluded. */
    private void add(
            Source source, List<String> items, Map<String, EnumSet<Source>> found, Set<String> excluded, int count) {
        int given = 0;
        for (String item : items) {
            if (given == count) {
                return;
            }
            if (!excluded.contains(item)) {
                given++;
                found.computeIfAbsent(item, i -> EnumSet.noneOf(Source.class)).add(source);
            }
        }
    }

    private Set<String> filtered(List<String> items, RecommendRequest request) {
        int wanted = Math.max(config.wanted(), request.limit());
        Set<String> stored = new LinkedHashSet<>();
        Set<String> others = new LinkedHashSet<>();
        boolean anyStored = false;
        int looked = Math.min(items.size(), config.looked());
        for (int from = 0; from < looked && stored.size() < wanted; from += BLOCK) {
            List<String> block = items.subList(from, Math.min(looked, from + BLOCK));
            List<RawFeatures> features;
            try {
                features = profiles.getAll(ProfileStore.Kind.ITEM, block);
            } catch (ProfilesUnavailable e) {
                if (!request.tags().isEmpty()) {
                    throw e;
                }
                // Ranked without profiles, which the answer tells; what is stored cannot be asked for now.
                return first(new LinkedHashSet<>(items), wanted);
            }
            for (int i = 0; i < block.size(); i++) {
                RawFeatures of = features.get(i);
                anyStored |= !of.asMap().isEmpty();
                if (of.asMap().isEmpty()) {
                    others.add(block.get(i));
                } else if (matches(of, request.tags())) {
                    stored.add(block.get(i));
                }
            }
            if (!anyStored && request.tags().isEmpty() && others.size() >= wanted) {
                break;
            }
        }
        if (!anyStored && request.tags().isEmpty()) {
            return first(others, wanted);
        }
        return first(stored, wanted);
    }

    private static Set<String> first(Set<String> items, int count) {
        Set<String> first = new LinkedHashSet<>();
        items.stream().limit(count).forEach(first::add);
        return first;
    }

    private static boolean matches(RawFeatures item, Map<String, List<String>> tags) {
        return tags.entrySet().stream()
                .allMatch(tag -> switch (item.get(ProfileStore.Kind.ITEM.prefix() + tag.getKey())) {
                    case FeatureValue.Text text -> tag.getValue().contains(text.value());
                    case FeatureValue.Texts texts -> texts.values().stream().anyMatch(tag.getValue()::contains);
                    case null, default -> false;
                });
    }
}
