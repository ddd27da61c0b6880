package dev.millrace.ingest.spec;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * {@code item.NAME_1h} or {@code user.NAME_1h}, one a window: how often something happened of late. Events at times t_i
 * count c(t) = Σ exp(−(t − t_i)/W) at time t for a window W, whatever the order in which they come (forward decay: Cormode
 * et al., ICDE 2009). A rate is (c of the actions + strength·prior) / (c of the trials + strength).
 *
 * @param of whose: the item's, or the person's
 * @param by null, or an attribute of the request ({@code user.country}): counted apart for each of its values, and served
 *     as it is among the people who have this person's; of several values the first {@value #MAX_SEGMENTS}, served as
 *     their mean
 * @param per trials of a rate: types of action, or {@link #SHOWN}; empty: a count
 * @param windows W, ascending
 * @param prior the rate while nothing is known
 * @param strength how many trials the prior counts as
 */
public record Decayed(
        String name,
        Of of,
        @Nullable String by,
        Set<String> actions,
        Set<String> per,
        List<Duration> windows,
        double prior,
        double strength)
        implements Realtime {
    /** Stands among {@code per} for every item of an impression. */
    public static final String SHOWN = "shown";

    public static final int MAX_WINDOWS = 8;
    public static final int MAX_SEGMENTS = 8;

    /** Whose. */
    public enum Of {
        USER,
        ITEM
    }

    public Decayed {
        actions = Set.copyOf(actions);
        per = Set.copyOf(per);
        windows = List.copyOf(windows);
    }

    public boolean isRate() {
        return !per.isEmpty();
    }

    @Override
    public boolean countsShown() {
        return per.contains(SHOWN);
    }

    @Override
    public List<String> attributes() {
        List<String> names = new ArrayList<>();
        String prefix = of == Of.ITEM ? "item." : "user.";
        windows.forEach(window -> names.add(prefix + name + '_' + text(window)));
        return names;
    }

    /** In the largest unit that divides it: 1h for 60 minutes. */
    static String text(Duration window) {
        long ms = window.toMillis();
        String[] units = {"d", "h", "m", "s"};
        long[] lengths = {86_400_000, 3_600_000, 60_000, 1000};
        for (int i = 0; i < units.length; i++) {
            if (ms % lengths[i] == 0) {
                return ms / lengths[i] + units[i];
            }
        }
        return ms + "ms";
    }

    /** The prior and its strength are no part of what is stored. */
    @Override
    public String definition() {
        return "decayed " + name + ' ' + of + ' ' + by + ' ' + new TreeSet<>(actions) + ' ' + new TreeSet<>(per) + ' '
                + windows;
    }
}
