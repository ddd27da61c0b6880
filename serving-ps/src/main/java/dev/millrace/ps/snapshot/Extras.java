package dev.millrace.ps.snapshot;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * State that travels with the rows of a snapshot, as named byte sections: what the package that owns it reads again.
 * Immutable, but for the arrays: they are not copied, and nobody writes to them any more.
 */
public final class Extras {
    public static final Extras NONE = new Extras(new TreeMap<>());

    /** Ids of the latest samples, oldest first, as 64-bit numbers, little endian. */
    public static final String RECENT_IDS = "recent-ids";

    /** Wrapping sum of the ids of all samples learned, as one 64-bit number, where no row keeps it. */
    public static final String SAMPLE_ID_SUM = "sample-id-sum";

    public static final int MAX_SECTIONS = 256;
    /** Of a name, in UTF-8. */
    public static final int MAX_NAME_BYTES = 64;
    /** Of all sections together. */
    public static final long MAX_BYTES = 1L << 30;

    private final SortedMap<String, byte[]> sections;

    private Extras(SortedMap<String, byte[]> sections) {
        this.sections = sections;
    }

    /**
     * These and one more, which replaces one of that name.
     *
     * @throws IllegalArgumentException when a bound is exceeded
     */
    public Extras with(String name, byte[] section) {
        var more = new TreeMap<>(sections);
        more.put(name, section);
        int nameBytes = name.getBytes(StandardCharsets.UTF_8).length;
        long bytes = more.values().stream().mapToLong(s -> s.length).sum();
        if (nameBytes < 1 || nameBytes > MAX_NAME_BYTES || more.size() > MAX_SECTIONS || bytes > MAX_BYTES) {
            throw new IllegalArgumentException("section '" + name + "' is beyond the bounds: a name of " + nameBytes
                    + " bytes, " + more.size() + " sections, " + bytes + " bytes in all");
        }
        return new Extras(more);
    }

    /** The same, of numbers. */
    public Extras withLongs(String name, long[] numbers) {
        ByteBuffer bytes = ByteBuffer.allocate(Math.multiplyExact(numbers.length, Long.BYTES))
                .order(ByteOrder.LITTLE_ENDIAN);
        bytes.asLongBuffer().put(numbers);
        return with(name, bytes.array());
    }

    public Set<String> names() {
        return Collections.unmodifiableSet(sections.keySet());
    }

    public Optional<byte[]> bytes(String name) {
        return Optional.ofNullable(sections.get(name));
    }

    /** The numbers of {@link #withLongs}; none where there is no such section. */
    public long[] longs(String name) {
        byte[] section = bytes(name).orElse(new byte[0]);
        long[] numbers = new long[section.length / Long.BYTES];
        ByteBuffer.wrap(section).order(ByteOrder.LITTLE_ENDIAN).asLongBuffer().get(numbers);
        return numbers;
    }
}
