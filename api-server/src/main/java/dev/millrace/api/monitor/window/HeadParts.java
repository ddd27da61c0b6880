package dev.millrace.api.monitor.window;

import dev.millrace.ingest.spec.Heads;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.Objective;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The parts of a model's windows that are its heads': {@code head=like}, all traffic as this head saw it. Guarded by its
 * task.
 */
final class HeadParts {
    private static final String PREFIX = "head=";
    /** Between a model and a head in keys of the state: no name has it. */
    private static final char OF_HEAD = '#';

    private final List<HeadPart> parts = new ArrayList<>();

    /** One head. */
    record HeadPart(String head, int index, boolean values, OpenRequests open) {
        String name() {
            return PREFIX + head;
        }
    }

    /** @param open makes what awaits a head's labels, given its part's name */
    HeadParts(ModelSpec spec, Function<String, OpenRequests> open) {
        for (Heads.Head head : spec.heads().all()) {
            boolean values = head.objective() == Objective.SQUARED;
            parts.add(new HeadPart(head.name(), parts.size(), values, open.apply(PREFIX + head.name())));
        }
    }

    /** Names of the parts that a model's heads have. */
    static List<String> names(ModelSpec spec) {
        return spec.heads().names().stream().map(head -> PREFIX + head).toList();
    }

    List<HeadPart> all() {
        return parts;
    }

    void expire(long watermarkMs) {
        parts.forEach(part -> part.open().expire(watermarkMs));
    }

    /** What stands for a head's in the keys of the state. */
    static String key(String model, HeadPart part) {
        return model + OF_HEAD + part.head();
    }

    /** The model of such a key. */
    static String model(String key) {
        int at = key.indexOf(OF_HEAD);
        return at < 0 ? key : key.substring(0, at);
    }

    /** Whose requests a key of the state names; null: a head's that is no more. */
    @Nullable
    OpenRequests open(String key, OpenRequests whole) {
        int at = key.indexOf(OF_HEAD);
        if (at < 0) {
            return whole;
        }
        for (HeadPart part : parts) {
            if (part.head().equals(key.substring(at + 1))) {
                return part.open();
            }
        }
        return null;
    }
}
