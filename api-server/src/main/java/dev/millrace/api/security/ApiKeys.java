package dev.millrace.api.security;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * API keys in a file, which holds no key, only what recognizes one: {@link StoredKey}. The file is read again when it has
 * changed, at most once a second, so that a key that is revoked elsewhere is refused soon after. Safe for many threads.
 */
public final class ApiKeys {
    /** Largest number of keys in a file. */
    public static final int MAX_KEYS = 10_000;

    private static final Logger LOG = LoggerFactory.getLogger(ApiKeys.class);
    private static final String HEADER = "millrace-keys 1";
    private static final long LOOK_EVERY_MS = 1_000;

    private final Path file;
    private final Clock clock;
    private volatile Known known = new Known(Map.of(), Set.of(), null);
    private volatile long lookAtMs = Long.MIN_VALUE;

    private record Known(
            Map<String, StoredKey> byId,
            Set<String> origins,
            @Nullable FileTime changed) {}

    /** @param file may not be there yet: then there is no key */
    public ApiKeys(Path file, Clock clock) {
        this.file = file;
        this.clock = clock;
    }

    /** A key as it is shown once, to who made it. */
    public record Created(StoredKey stored, String key) {}

    /**
     * Makes a key and writes it.
     *
     * @throws IllegalArgumentException when a browser's key could do more than write events
     */
    public synchronized Created create(KeyTerms terms, RandomGenerator random) throws IOException {
        List<StoredKey> keys = new ArrayList<>(list());
        if (keys.size() >= MAX_KEYS) {
            throw new IllegalArgumentException(file + " holds " + MAX_KEYS + " keys, which is all it may");
        }
        String id = StoredKey.newId(random);
        String secret = StoredKey.newSecret(random);
        StoredKey stored = StoredKey.of(id, secret, terms, clock.millis(), random);
        keys.add(stored);
        write(keys);
        return new Created(stored, StoredKey.join(id, secret));
    }

    /** All keys, also those revoked, oldest first. */
    public List<StoredKey> list() throws IOException {
        try {
            return parse(Files.readAllLines(file));
        } catch (NoSuchFileException e) {
            return List.of();
        }
    }

    /** @return whether there was such a key that was not revoked */
    public synchronized boolean revoke(String id) throws IOException {
        List<StoredKey> keys = new ArrayList<>(list());
        for (int i = 0; i < keys.size(); i++) {
            if (keys.get(i).id().equals(id) && !keys.get(i).isRevoked()) {
                keys.set(i, keys.get(i).revoked(clock.millis()));
                write(keys);
                return true;
            }
        }
        return false;
    }

    private List<StoredKey> parse(List<String> lines) throws IOException {
        if (lines.isEmpty() || !lines.getFirst().equals(HEADER)) {
            throw new IOException(file + " is no file of keys of this version: it must begin with '" + HEADER + "'");
        }
        List<StoredKey> keys = new ArrayList<>();
        for (int i = 1; i < lines.size(); i++) {
            if (!lines.get(i).isBlank()) {
                try {
                    keys.add(StoredKey.parse(lines.get(i)));
                } catch (IllegalArgumentException e) {
                    throw new IOException(file + ", line " + (i + 1) + ": " + e.getMessage(), e);
                }
            }
        }
        return keys;
    }

    /** In one step, so that nobody reads half of it; only its owner may read it. */
    private void write(List<StoredKey> keys) throws IOException {
        Path folder = Objects.requireNonNull(file.toAbsolutePath().getParent(), "a file");
        Files.createDirectories(folder);
        Path draft = folder.resolve(file.getFileName() + ".new");
        Files.deleteIfExists(draft);
        Files.createFile(draft, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        List<String> lines = new ArrayList<>(List.of(HEADER));
        keys.forEach(key -> lines.add(key.line()));
        Files.write(draft, lines);
        Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /** Who shows this key; empty when nobody does, in a time that does not tell what of it was wrong. */
    Optional<Caller> find(String shown) {
        Map<String, StoredKey> byId = known().byId();
        int split = StoredKey.split(shown);
        StoredKey stored = split < 0 ? null : byId.get(StoredKey.idOf(shown, split));
        StoredKey compared = stored == null ? StoredKey.NOBODY : stored;
        boolean matches = compared.matches(split < 0 ? "" : shown.substring(split + 1));
        return stored != null && matches && !stored.isRevoked() ? Optional.of(stored.caller()) : Optional.empty();
    }

    /** Origins of all pages that may call with some key. */
    Set<String> origins() {
        return known().origins();
    }

    private Known known() {
        long nowMs = clock.millis();
        if (nowMs >= lookAtMs || lookAtMs - nowMs > LOOK_EVERY_MS) {
            lookAtMs = nowMs + LOOK_EVERY_MS;
            look();
        }
        return known;
    }

    private synchronized void look() {
        try {
            FileTime changed = Files.exists(file) ? Files.getLastModifiedTime(file) : null;
            if (Objects.equals(changed, known.changed())) {
                return;
            }
            Map<String, StoredKey> byId = new HashMap<>();
            Set<String> origins = new java.util.HashSet<>();
            for (StoredKey key : list()) {
                byId.put(key.id(), key);
                if (!key.isRevoked()) {
                    origins.addAll(key.terms().origins());
                }
            }
            known = new Known(byId, origins, changed);
        } catch (IOException e) {
            // Those known before stay: a file that is half written elsewhere must not lock everybody out.
            LOG.error("the keys cannot be read: {}", e.getMessage());
        }
    }
}
