package dev.millrace.load.simulate;

import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * The demo's people and catalogue, and what nobody but the simulation knows: the probability that a person clicks an
 * item. Its log odds are a base rate, plus the item's popularity, plus tastes of the person's age group, gender,
 * country, device and of the person alone for the item's category, plus a residual of latent vectors that no
 * attribute explains. All of them drift with the clock, so a demo that is stopped and started again goes on in the
 * same world. Immutable; equal seeds make equal worlds.
 */
final class World {
    static final List<String> DEVICES = List.of("phone", "desktop", "tablet");
    static final List<String> COUNTRIES = List.of("DE", "FR", "GB", "US", "BR", "IN", "JP", "KE");
    static final List<String> GENDERS = List.of("F", "M", "X");
    static final List<String> CATEGORIES = List.of(
            "books", "music", "games", "garden", "kitchen", "sports", "travel", "fashion", "toys", "tools", "health",
            "film");

    /** Boundaries of the age groups that share tastes; the same as the bins of the demo's spec. */
    private static final int[] AGE_BINS = {18, 25, 35, 45, 55, 65};

    private static final int LATENT = 4;
    /** About 12 % of random items are clicked, and about 40 % of the best of 20. */
    private static final double BASE = -2.45;

    private final int[] age;
    private final int[] gender;
    private final int[] country;
    private final int[] category;
    private final double[] userLatent;
    private final double[] itemLatent;
    private final Drifting popularity;
    private final Drifting ageTaste;
    private final Drifting genderTaste;
    private final Drifting countryTaste;
    private final Drifting deviceTaste;
    private final Drifting ownTaste;

    World(int users, int items, double driftSeconds, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        age = random.ints(users, 14, 80).toArray();
        gender = random.ints(users, 0, 20).map(g -> g == 0 ? 2 : g % 2).toArray();
        country = random.ints(users, 0, COUNTRIES.size()).toArray();
        category = random.ints(items, 0, CATEGORIES.size()).toArray();
        userLatent = random.doubles(users * (long) LATENT, -1, 1).toArray();
        itemLatent = random.doubles(items * (long) LATENT, -1, 1).toArray();
        int kinds = CATEGORIES.size();
        popularity = new Drifting(items, 0.65, driftSeconds, random);
        ageTaste = new Drifting((AGE_BINS.length + 1) * kinds, 0.5, driftSeconds, random);
        genderTaste = new Drifting(GENDERS.size() * kinds, 0.3, driftSeconds, random);
        countryTaste = new Drifting(COUNTRIES.size() * kinds, 0.35, driftSeconds, random);
        deviceTaste = new Drifting(DEVICES.size() * kinds, 0.2, driftSeconds, random);
        ownTaste = new Drifting(users * kinds, 0.5, driftSeconds, random);
    }

    int users() {
        return age.length;
    }

    int items() {
        return category.length;
    }

    Map<String, Object> userProfile(int user) {
        return Map.of(
                "age", age[user],
                "gender", GENDERS.get(gender[user]),
                "country", COUNTRIES.get(country[user]));
    }

    Map<String, Object> itemProfile(int item) {
        String kind = CATEGORIES.get(category[item]);
        return Map.of("category", kind, "title", kind + " no. " + item);
    }

    /** Probability 0..1 that the person clicks the item when looking at it. */
    double click(int user, int item, int device, double seconds) {
        int kind = category[item];
        int kinds = CATEGORIES.size();
        double odds = BASE
                + popularity.at(item, seconds)
                + ageTaste.at(ageGroup(age[user]) * kinds + kind, seconds)
                + genderTaste.at(gender[user] * kinds + kind, seconds)
                + countryTaste.at(country[user] * kinds + kind, seconds)
                + deviceTaste.at(device * kinds + kind, seconds)
                + ownTaste.at(user * kinds + kind, seconds)
                + 0.4 * latent(user, item);
        return 1 / (1 + Math.exp(-odds));
    }

    private double latent(int user, int item) {
        double sum = 0;
        for (int i = 0; i < LATENT; i++) {
            sum += userLatent[user * LATENT + i] * itemLatent[item * LATENT + i];
        }
        return sum;
    }

    private static int ageGroup(int years) {
        int group = 0;
        while (group < AGE_BINS.length && years >= AGE_BINS[group]) {
            group++;
        }
        return group;
    }
}
