package dev.millrace.api.candidate;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;

/** The last items that one person acted on, the newest first. Guarded by its index. */
final class Person {
    private final int capacity;
    private final Deque<Acted> last = new ArrayDeque<>();

    /** @param liked whether what the person did counts for the item */
    record Acted(Item item, boolean liked) {}

    Person(int capacity) {
        this.capacity = capacity;
    }

    /** The items liked before this one; empty when it had been liked already. */
    List<Item> add(Item item, boolean liked) {
        List<Item> before = new ArrayList<>();
        boolean known = false;
        for (Iterator<Acted> acted = last.iterator(); acted.hasNext(); ) {
            Acted one = acted.next();
            if (one.item() == item) {
                known = one.liked();
                acted.remove();
            } else if (one.liked()) {
                before.add(one.item());
            }
        }
        last.addFirst(new Acted(item, liked));
        if (last.size() > capacity) {
            last.removeLast();
        }
        return known || !liked ? List.of() : before;
    }

    void takeBack(Item item) {
        last.removeIf(acted -> acted.item() == item);
    }

    /** The newest first. */
    Iterable<Acted> last() {
        return last;
    }
}
