package dev.millrace.api.desk;

import dev.millrace.api.candidate.Candidates;
import dev.millrace.api.json.JsonIn;
import dev.millrace.api.problem.Problem;
import dev.millrace.api.problem.ProblemException;
import dev.millrace.ingest.feature.RawFeatures;
import dev.millrace.ingest.profile.ProfileStore;
import dev.millrace.ingest.profile.ProfileStore.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/** Reads and changes what is stored of users and items, a bounded number of requests at a time. Safe for many threads. */
public final class ProfileDesk {
    private final ProfileStore profiles;
    private final Candidates candidates;
    private final Gate gate;

    /** A change reads, then writes: alone. What replaces or deletes goes side by side. */
    private final ReadWriteLock writing = new ReentrantReadWriteLock();

    /** @param candidates is told of stored and deleted items */
    public ProfileDesk(ProfileStore profiles, Candidates candidates, Gate gate) {
        this.profiles = profiles;
        this.candidates = candidates;
        this.gate = gate;
    }

    public void put(Kind kind, String id, JsonIn.Source body) throws Exception {
        gate.pass(() -> {
            RawFeatures features = ProfileReader.whole(body, kind);
            return locked(writing.readLock(), () -> {
                profiles.put(kind, id, features);
                stored(kind, List.of(id));
                return id;
            });
        });
    }

    /** Sets the attributes that are given, and removes those that are given as null (RFC 7396). */
    public ProfileAnswer patch(Kind kind, String id, JsonIn.Source body) throws Exception {
        return gate.pass(() -> {
            ProfileReader.Change change = ProfileReader.change(body, kind);
            return locked(writing.writeLock(), () -> {
                RawFeatures changed = change.of(stored(kind, id));
                profiles.put(kind, id, changed);
                return ProfileAnswer.of(id, kind.prefix(), changed);
            });
        });
    }

    public ProfileAnswer get(Kind kind, String id) throws Exception {
        return gate.pass(() -> ProfileAnswer.of(id, kind.prefix(), stored(kind, id)));
    }

    /** Nothing stored is as good as deleted. */
    public void delete(Kind kind, String id) throws Exception {
        gate.pass(() -> locked(writing.readLock(), () -> {
            profiles.delete(kind, id);
            if (kind == Kind.ITEM) {
                candidates.deleted(id);
            }
            return id;
        }));
    }

    /** Stores each line that can be read, {@code {"id": …, "features": {…}}}, and tells of the others. */
    public ImportAnswer load(Kind kind, InputStream lines) throws Exception {
        return gate.pass(() -> new ProfileImport(kind, batch -> putAll(kind, batch)).run(lines));
    }

    /** A profile as it came. */
    public record Unread(String id, JsonIn.Source features) {}

    /** The same of profiles that are no lines. */
    public ImportAnswer load(Kind kind, List<Unread> profiles) throws Exception {
        return gate.pass(() -> new ProfileImport(kind, batch -> putAll(kind, batch)).run(profiles));
    }

    private void putAll(Kind kind, Map<String, RawFeatures> batch) throws IOException {
        int unused = locked(writing.readLock(), () -> {
            profiles.putAll(kind, batch);
            stored(kind, batch.keySet());
            return batch.size();
        });
    }

    private void stored(Kind kind, Collection<String> ids) {
        if (kind == Kind.ITEM) {
            candidates.stored(ids);
        }
    }

    private RawFeatures stored(Kind kind, String id) {
        return profiles.get(kind, id)
                .orElseThrow(() -> new ProblemException(
                        Problem.notFound("id", "nothing is stored of '" + id + "'", "PUT its features first")));
    }

    /** Work that may fail as reading does. */
    private interface Work<T> {
        T run() throws IOException;
    }

    private static <T> T locked(Lock lock, Work<T> work) throws IOException {
        lock.lock();
        try {
            return work.run();
        } finally {
            lock.unlock();
        }
    }
}
