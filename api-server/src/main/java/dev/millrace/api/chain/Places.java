package dev.millrace.api.chain;

import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Which files may be read for somebody: those below the folders and prefixes that the operator named. Immutable. */
final class Places {
    private static final String S3 = "s3:";

    private final Path inbox;
    private final List<String> sources;

    Places(Path inbox, List<String> sources) {
        this.inbox = inbox.toAbsolutePath().normalize();
        this.sources = sources;
    }

    /** The place as whoever reads it is told; empty when it may not be read, or is not there. */
    Optional<String> find(String place) {
        if (place.startsWith(S3)) {
            boolean allowed = sources.stream()
                    .anyMatch(source -> source.startsWith(S3) && isBelow(place, source) && !place.contains(".."));
            return allowed ? Optional.of(place) : Optional.empty();
        }
        try {
            Path wanted = inbox.resolve(place).normalize();
            if (isAllowed(wanted)) {
                // What a link leads to counts.
                Path real = wanted.toRealPath();
                return isAllowed(real) || real.startsWith(inbox.toRealPath())
                        ? Optional.of(wanted.toString())
                        : Optional.empty();
            }
            return Optional.empty();
        } catch (InvalidPathException | IOException e) {
            return Optional.empty();
        }
    }

    /** Of one bucket, with the same options: an endpoint of the caller's choice would be a door to anywhere. */
    private static boolean isBelow(String place, String source) {
        String[] wanted = place.split("\\?", 2);
        String[] given = source.split("\\?", 2);
        String folder = given[0].endsWith("/") ? given[0] : given[0] + "/";
        boolean sameOptions = wanted.length == given.length && (wanted.length == 1 || wanted[1].equals(given[1]));
        return sameOptions && (wanted[0].equals(given[0]) || wanted[0].startsWith(folder));
    }

    private boolean isAllowed(Path path) {
        return path.startsWith(inbox)
                || sources.stream()
                        .filter(source -> !source.startsWith(S3))
                        .anyMatch(source ->
                                path.startsWith(Path.of(source).toAbsolutePath().normalize()));
    }

    @Override
    public String toString() {
        return inbox + (sources.isEmpty() ? "" : ", " + String.join(", ", sources));
    }
}
