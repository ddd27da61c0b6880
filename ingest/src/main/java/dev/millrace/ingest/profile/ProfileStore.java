package dev.millrace.ingest.profile;

import com.google.protobuf.ByteString;
import dev.millrace.ingest.feature.FeatureValue;
import dev.millrace.ingest.feature.RawFeatures;
import dev.millrace.ingest.proto.LiveRow;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Stored attributes of users and items, by full name ({@code user.age}), and beside them the state of their real-time
 * features. Safe for many threads.
 */
public interface ProfileStore extends AutoCloseable {
    /** Whose profile. */
    enum Kind {
        USER,
        ITEM;

        /** {@code user.} or {@code item.}: what its attributes' full names begin with. */
        public String prefix() {
            return this == USER ? "user." : "item.";
        }
    }

    Optional<RawFeatures> get(Kind kind, String id);

    /** One look-up for all ids, in their order; {@link RawFeatures#EMPTY} for an unknown one. */
    List<RawFeatures> getAll(Kind kind, List<String> ids);

    /**
     * One look-up for profiles and real-time rows together.
     *
     * @param live keys of {@link LiveKeys}
     */
    Found find(Kind kind, List<String> ids, List<ByteString> live);

    /** One part of what is looked up together. */
    record Wanted(Kind kind, List<String> ids, List<ByteString> live) {}

    /** Several {@link #find}, in one look-up where the store can. */
    default List<Found> findAll(List<Wanted> all) {
        List<Found> found = new ArrayList<>(all.size());
        all.forEach(wanted -> found.add(find(wanted.kind(), wanted.ids(), wanted.live())));
        return found;
    }

    /** As {@link #findAll}, each profile with its own id as an attribute, {@code item.id}: what ranking reads. */
    default List<Found> served(List<Wanted> all) {
        List<Found> served = new ArrayList<>(all.size());
        List<Found> found = findAll(all);
        for (int w = 0; w < found.size(); w++) {
            Wanted wanted = all.get(w);
            List<RawFeatures> profiles = new ArrayList<>(wanted.ids().size());
            for (int i = 0; i < wanted.ids().size(); i++) {
                RawFeatures profile = found.get(w).profiles().get(i);
                profiles.add(profile.with(
                        wanted.kind().prefix() + "id",
                        new FeatureValue.Text(wanted.ids().get(i))));
            }
            served.add(new Found(profiles, found.get(w).rows()));
        }
        return served;
    }

    /** Whether others write it too, so that what was read of it grows old. */
    default boolean isShared() {
        return false;
    }

    /**
     * @param profiles in the ids' order; {@link RawFeatures#EMPTY} for an unknown one
     * @param rows in the keys' order; null for an unknown one
     * @param degraded whether the store could not be asked, and these are older, or unknown, for that reason
     */
    record Found(List<RawFeatures> profiles, List<@Nullable LiveRow> rows, boolean degraded) {
        public Found(List<RawFeatures> profiles, List<@Nullable LiveRow> rows) {
            this(profiles, rows, false);
        }
    }

    /** Replaces real-time rows, all or none; a value of null deletes. Survives a crash of the process once it returns. */
    void putLive(Map<ByteString, @Nullable LiveRow> rows);

    /** Replaces; survives a crash of the process once it returns. */
    void put(Kind kind, String id, RawFeatures features);

    /** Replaces many, all or none where the store can; survives a crash of the process once it returns. */
    default void putAll(Kind kind, Map<String, RawFeatures> profiles) {
        profiles.forEach((id, features) -> put(kind, id, features));
    }

    /** Tells the ids of what is stored, in any order, {@code max} at most; a store that cannot be listed tells none. */
    default void ids(Kind kind, int max, Consumer<String> each) {}

    /** Nothing stored is as good as deleted; real-time rows stay. Survives a crash of the process once it returns. */
    void delete(Kind kind, String id);

    @Override
    void close();
}
