package dev.millrace.api.monitor.window;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import dev.millrace.api.monitor.quality.QualityStats;
import dev.millrace.api.monitor.quality.ScoreHistogram;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Everything that is summed of a part of the traffic in a stretch of time; sums of two add, in any order, to the same.
 * Bytes, version 1, varints:
 *
 * <pre>
 *  u8 version · quality sums · n outcomes, each its count · impressions looked at · histogram of their scores
 *  n slots, each: name · looked nulls known unknown · 32 counts of values
 * </pre>
 */
public final class WindowSums {
    static final byte VERSION = 1;

    final QualityStats quality;
    final long[] outcomes = new long[Outcome.values().length];
    /** Impressions that drift was measured on. */
    long impressions;
    /** Their scores, all of them on the side of the negatives. */
    final ScoreHistogram shown;

    final Map<String, SlotSums> slots = new TreeMap<>();

    WindowSums() {
        this(new QualityStats(), new ScoreHistogram());
    }

    private WindowSums(QualityStats quality, ScoreHistogram shown) {
        this.quality = quality;
        this.shown = shown;
    }

    public QualityStats quality() {
        return quality;
    }

    void clear() {
        quality.clear();
        java.util.Arrays.fill(outcomes, 0);
        impressions = 0;
        shown.clear();
        slots.clear();
    }

    SlotSums slot(String name) {
        return slots.computeIfAbsent(name, n -> new SlotSums());
    }

    public void merge(WindowSums other) {
        quality.merge(other.quality);
        for (int i = 0; i < outcomes.length; i++) {
            outcomes[i] += other.outcomes[i];
        }
        impressions += other.impressions;
        shown.merge(other.shown);
        other.slots.forEach((name, sums) -> slot(name).merge(sums));
    }

    public byte[] toBytes() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        CodedOutputStream out = CodedOutputStream.newInstance(bytes);
        try {
            out.writeRawByte(VERSION);
            quality.write(out);
            out.writeUInt32NoTag(outcomes.length);
            for (long outcome : outcomes) {
                out.writeSInt64NoTag(outcome);
            }
            out.writeUInt64NoTag(impressions);
            shown.write(out);
            out.writeUInt32NoTag(slots.size());
            for (Map.Entry<String, SlotSums> slot : slots.entrySet()) {
                out.writeStringNoTag(slot.getKey());
                slot.getValue().write(out);
            }
            out.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /** @throws IllegalArgumentException when the bytes are no sums of a known version */
    public static WindowSums of(byte[] bytes) {
        CodedInputStream in = CodedInputStream.newInstance(bytes);
        try {
            byte version = in.readRawByte();
            if (version != VERSION) {
                throw new IllegalArgumentException("window sums: version " + version + ", known is " + VERSION);
            }
            QualityStats quality = QualityStats.read(in);
            long[] outcomes = new long[in.readUInt32()];
            for (int i = 0; i < outcomes.length; i++) {
                outcomes[i] = in.readSInt64();
            }
            long impressions = in.readUInt64();
            WindowSums sums = new WindowSums(quality, ScoreHistogram.read(in));
            System.arraycopy(outcomes, 0, sums.outcomes, 0, Math.min(outcomes.length, sums.outcomes.length));
            sums.impressions = impressions;
            for (int left = in.readUInt32(); left > 0; left--) {
                sums.slots.put(in.readString(), SlotSums.read(in));
            }
            return sums;
        } catch (IOException | NegativeArraySizeException e) {
            throw new IllegalArgumentException("window sums: damaged, " + bytes.length + " bytes", e);
        }
    }

    /** Equal sums have equal bytes. */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof WindowSums that && Arrays.equals(toBytes(), that.toBytes());
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(toBytes());
    }

    @Override
    public String toString() {
        return quality + " " + Arrays.toString(outcomes) + " " + impressions + " " + slots;
    }
}
