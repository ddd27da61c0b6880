package dev.millrace.ingest.spec;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * {@code user.NAME}: the different items that a person last acted on so, newest first.
 *
 * @param length how many at most, 1..{@value #MAX_LENGTH}
 */
public record LastItems(String name, Set<String> actions, int length) implements Realtime {
    public static final int MAX_LENGTH = 100;

    public LastItems {
        actions = Set.copyOf(actions);
    }

    public String attribute() {
        return "user." + name;
    }

    @Override
    public List<String> attributes() {
        return List.of(attribute());
    }

    @Override
    public String definition() {
        return "last " + name + ' ' + new TreeSet<>(actions) + ' ' + length;
    }
}
