package dev.millrace.api.problem;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** Problems answered, by class. Any thread may touch it. */
public final class ErrorCounts {
    private final Map<ErrorClass, LongAdder> counts = new EnumMap<>(ErrorClass.class);

    public ErrorCounts() {
        for (ErrorClass errorClass : ErrorClass.values()) {
            counts.put(errorClass, new LongAdder());
        }
    }

    public void count(ErrorClass errorClass) {
        adder(errorClass).increment();
    }

    public long get(ErrorClass errorClass) {
        return adder(errorClass).sum();
    }

    private LongAdder adder(ErrorClass errorClass) {
        return java.util.Objects.requireNonNull(counts.get(errorClass));
    }
}
