package dev.millrace.api.candidate;

import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.proto.Action;
import dev.millrace.ingest.spec.Labels;
import it.unimi.dsi.fastutil.longs.Long2LongLinkedOpenHashMap;
import it.unimi.dsi.fastutil.longs.Long2ObjectLinkedOpenHashMap;
import it.unimi.dsi.fastutil.objects.Object2DoubleOpenHashMap;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * What one model's impressions and actions tell about items: which are popular, which are new, which are liked together,
 * and what each person acted on last. Memory is bounded by {@link CandidateConfig}: about 400 bytes an item and, with
 * neighbours, 12 bytes for each of these more; 30 bytes for each item of a person.
 *
 * <p>Popularity decays forward (Cormode, Shkapenyuk, Srivastava, Xu 2009): a like at t weighs e^((t−L)/τ) for a fixed
 * landmark L, so that weights compare at any time without being touched. Likeness of two items is the cosine of their
 * likes (Sarwar et al. 2001): together / √(likes · likes).
 *
 * <pre>
 *  field           read by               written by                    guard
 *  items … people  anybody               the log's thread, own puts    lock
 *  tops            anybody               whoever finds it too old      lock
 * </pre>
 */
public final class CandidateIndex {
    /** Nobody: an anonymous request without a session. */
    public static final long NOBODY = 0;

    private static final Comparator<Item> POPULAR =
            Comparator.<Item>comparingDouble(item -> item.weight).thenComparing(item -> item.id);
    private static final Comparator<Item> RECENT =
            Comparator.<Item>comparingLong(item -> item.firstMs).thenComparing(item -> item.id);
    private static final int DRAWN = 8;
    private static final double MAX_EXPONENT = 100;
    private static final double FADE = 0.9;
    private static final int MAX_WAITING = 16;

    private final Object lock = new Object();
    private final CandidateConfig config;
    private final Labels labels;
    private final Clock clock;
    private final SplittableRandom random;
    private final Map<String, Item> items = new HashMap<>();
    private final List<Item> list = new ArrayList<>();
    private final Long2ObjectLinkedOpenHashMap<Person> people = new Long2ObjectLinkedOpenHashMap<>();
    private final Long2LongLinkedOpenHashMap personOf = new Long2LongLinkedOpenHashMap();
    private final Long2ObjectLinkedOpenHashMap<List<Action>> waiting = new Long2ObjectLinkedOpenHashMap<>();
    private long landmarkMs;
    private @Nullable Tops tops;

    /** Best first. */
    private record Tops(List<String> popular, List<String> recent, long madeMs) {}

    public CandidateIndex(CandidateConfig config, Labels labels, Clock clock) {
        this.config = config;
        this.labels = labels;
        this.clock = clock;
        random = new SplittableRandom(config.seed());
        landmarkMs = clock.millis();
    }

    /** Who asks: the user, or else the session. */
    public static long person(@Nullable String user, @Nullable String session) {
        if (user != null && !user.isEmpty()) {
            return FeatureIds.hash(user, 1);
        }
        return session == null || session.isEmpty() ? NOBODY : FeatureIds.hash(session, 2);
    }

    /** A request was answered to somebody. */
    public void shown(String requestId, long person) {
        long request = FeatureIds.hash(requestId, 0);
        synchronized (lock) {
            personOf.putAndMoveToLast(request, person);
            if (personOf.size() > config.requests()) {
                personOf.removeFirstLong();
            }
            List<Action> early = waiting.remove(request);
            if (early != null) {
                early.forEach(action -> count(person, action));
            }
        }
    }

    /** Somebody did something; it waits for its impression where that was not told yet. */
    public void acted(Action action) {
        if (!labels.rules().containsKey(action.getType())) {
            return;
        }
        long request = FeatureIds.hash(action.getRequestId(), 0);
        synchronized (lock) {
            if (personOf.containsKey(request)) {
                count(personOf.get(request), action);
                return;
            }
            List<Action> early = waiting.get(request);
            if (early == null) {
                early = new ArrayList<>(1);
                waiting.put(request, early);
                if (waiting.size() > config.requests()) {
                    waiting.removeFirst();
                }
            }
            if (early.size() < MAX_WAITING) {
                early.add(action);
            }
        }
    }

    private void count(long person, Action action) {
        Item item = item(action.getItem(), action.getTimeMs());
        Person who = person == NOBODY ? null : who(person);
        if (labels.rules().get(action.getType()) instanceof Labels.Undo) {
            like(item, -1, action.getTimeMs());
            if (who != null) {
                who.takeBack(item);
            }
            return;
        }
        double amount = Math.min(1, labels.amount(action.getType(), action.getValue()));
        if (amount > 0) {
            like(item, amount, action.getTimeMs());
        }
        if (who != null) {
            for (Item other : who.add(item, amount > 0)) {
                other.likedWith(item, config.neighbours());
                item.likedWith(other, config.neighbours());
            }
        }
    }

    private Person who(long person) {
        Person known = people.getAndMoveToLast(person);
        if (known != null) {
            return known;
        }
        Person who = new Person(config.recent());
        people.put(person, who);
        if (people.size() > config.people()) {
            people.removeFirst();
        }
        return who;
    }

    private void like(Item item, double amount, long timeMs) {
        double exponent = (double) (timeMs - landmarkMs) / config.memory().toMillis();
        if (exponent > MAX_EXPONENT) {
            double faded = Math.exp(-exponent);
            list.forEach(one -> one.weight *= faded);
            landmarkMs = timeMs;
            exponent = 0;
        }
        item.weight = Math.max(0, item.weight + amount * Math.exp(exponent));
        item.likes = Math.max(0, item.likes + amount);
    }

    private Item item(String id, long timeMs) {
        Item known = items.get(id);
        if (known != null) {
            return known;
        }
        Item item = new Item(id, timeMs);
        item.place = list.size();
        items.put(id, item);
        list.add(item);
        if (list.size() > config.items()) {
            remove(leastOfAFew(item));
        }
        return item;
    }

    private Item leastOfAFew(Item spared) {
        // The spared one is the last.
        Item least = list.get(random.nextInt(spared.place));
        for (int i = 1; i < DRAWN; i++) {
            Item drawn = list.get(random.nextInt(spared.place));
            least = before(drawn, least) ? drawn : least;
        }
        return least;
    }

    private static boolean before(Item a, Item b) {
        return a.weight != b.weight ? a.weight < b.weight : a.firstMs < b.firstMs;
    }

    private void remove(Item item) {
        items.remove(item.id);
        Item last = list.removeLast();
        if (last != item) {
            list.set(item.place, last);
            last.place = item.place;
        }
        item.place = -1;
    }

    /** The item is there to be recommended. @param timeMs since when, milliseconds since the epoch; 0: for long */
    public void known(String item, long timeMs) {
        synchronized (lock) {
            var unused = item(item, timeMs);
        }
    }

    /** The item is not to be recommended any more, until somebody acts on it again. */
    public void forget(String id) {
        synchronized (lock) {
            Item item = items.get(id);
            if (item != null) {
                remove(item);
                tops = null;
            }
        }
    }

    public int size() {
        synchronized (lock) {
            return list.size();
        }
    }

    /** Everything that is remembered of what a person acted on. */
    public Set<String> seen(long person) {
        Set<String> seen = new HashSet<>();
        synchronized (lock) {
            Person who = people.get(person);
            if (who != null) {
                who.last().forEach(acted -> seen.add(acted.item().id));
            }
        }
        return seen;
    }

    /** The last items that a person liked, the newest first. */
    public List<String> liked(long person) {
        List<String> liked = new ArrayList<>();
        synchronized (lock) {
            Person who = people.get(person);
            if (who != null) {
                who.last().forEach(acted -> {
                    if (acted.liked()) {
                        liked.add(acted.item().id);
                    }
                });
            }
        }
        return liked;
    }

    /**
     * What is liked with what the person liked of late, best first, as many as may be looked at: what was seen is among
     * them. Empty for an unknown person.
     */
    public List<String> together(long person) {
        Object2DoubleOpenHashMap<Item> scores = new Object2DoubleOpenHashMap<>();
        synchronized (lock) {
            Person who = people.get(person);
            if (who == null) {
                return List.of();
            }
            double fade = 1;
            for (Person.Acted acted : who.last()) {
                if (acted.liked()) {
                    double weight = fade;
                    Item liked = acted.item();
                    liked.neighbours((other, count) -> scores.addTo(
                            other, weight * count / Math.sqrt(Math.max(1, liked.likes) * Math.max(1, other.likes))));
                    fade *= FADE;
                }
            }
        }
        return scores.object2DoubleEntrySet().stream()
                .sorted(Comparator.<Object2DoubleOpenHashMap.Entry<Item>>comparingDouble(e -> -e.getDoubleValue())
                        .thenComparing(e -> e.getKey().id))
                .limit(config.looked())
                .map(e -> e.getKey().id)
                .toList();
    }

    /** Best first, as many as may be looked at. */
    public List<String> popular() {
        return tops().popular();
    }

    /** The newest first, as many as may be looked at. */
    public List<String> recent() {
        return tops().recent();
    }

    private Tops tops() {
        long nowMs = clock.millis();
        synchronized (lock) {
            Tops known = tops;
            if (known == null || nowMs - known.madeMs() >= config.refresh().toMillis()) {
                known = new Tops(best(POPULAR, config.looked()), best(RECENT, config.looked()), nowMs);
                tops = known;
            }
            return known;
        }
    }

    /** All items, or the most popular of them. */
    List<String> all(int max) {
        synchronized (lock) {
            return max == 0 ? List.of() : best(POPULAR, max);
        }
    }

    private List<String> best(Comparator<Item> order, int max) {
        PriorityQueue<Item> best = new PriorityQueue<>(order);
        for (Item item : list) {
            if (best.size() < max) {
                best.add(item);
            } else if (order.compare(item, best.element()) > 0) {
                best.remove();
                best.add(item);
            }
        }
        return best.stream().sorted(order.reversed()).map(item -> item.id).toList();
    }
}
