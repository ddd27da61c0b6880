package dev.millrace.ingest.profile;

import dev.millrace.ingest.feature.RawFeatures;
import java.util.List;
import java.util.Optional;

/** Stored attributes of users and items, by full name ({@code user.age}). Safe for many threads. */
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

    /** Replaces; survives a crash of the process once it returns. */
    void put(Kind kind, String id, RawFeatures features);

    @Override
    void close();
}
