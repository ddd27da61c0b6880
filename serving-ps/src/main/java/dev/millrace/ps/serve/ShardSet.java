package dev.millrace.ps.serve;

import java.util.BitSet;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Some shards of a model, or all of them. Immutable. */
public final class ShardSet {
    /** Whatever their number. */
    public static final ShardSet ALL = new ShardSet(new BitSet(), true);

    private static final int MAX_SHARD = 4095;
    private static final Pattern RANGE = Pattern.compile("(\\d{1,4})(?:-(\\d{1,4}))?");

    private final BitSet shards;
    private final boolean all;

    private ShardSet(BitSet shards, boolean all) {
        this.shards = shards;
        this.all = all;
    }

    /**
     * @param text {@code all}, or numbers and ranges, both ends included: {@code 0-3,6}
     * @throws IllegalArgumentException when it is neither
     */
    public static ShardSet parse(String text) {
        if (text.toLowerCase(Locale.ROOT).equals("all")) {
            return ALL;
        }
        BitSet shards = new BitSet();
        for (String part : text.split(",", -1)) {
            Matcher range = RANGE.matcher(part.strip());
            if (!range.matches()) {
                throw new IllegalArgumentException(
                        "'" + text + "' names no shards: numbers and ranges like 0-3,6, or all");
            }
            int from = Integer.parseInt(range.group(1));
            int to = range.group(2) == null ? from : Integer.parseInt(range.group(2));
            if (from > to || to > MAX_SHARD) {
                throw new IllegalArgumentException(
                        "'" + part + "' is no range of shards: from the lower to the higher, 0.." + MAX_SHARD);
            }
            shards.set(from, to + 1);
        }
        return new ShardSet(shards, false);
    }

    public boolean contains(int shard) {
        return all || shards.get(shard);
    }

    /** @throws IllegalStateException when it names shards that a model of so many does not have */
    public void checkOf(int count) {
        if (shards.length() > count) {
            throw new IllegalStateException("shard " + (shards.length() - 1) + " of a model of " + count
                    + " shards (the partitions of its delta topic)");
        }
    }

    /** As {@link #parse} reads it. */
    @Override
    public String toString() {
        if (all) {
            return "all";
        }
        StringBuilder text = new StringBuilder();
        for (int from = shards.nextSetBit(0); from >= 0; ) {
            int end = shards.nextClearBit(from);
            text.append(text.isEmpty() ? "" : ",").append(from);
            if (end - from > 1) {
                text.append('-').append(end - 1);
            }
            from = shards.nextSetBit(end);
        }
        return text.toString();
    }
}
