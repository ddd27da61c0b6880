package dev.millrace.ps.snapshot;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Where in an object store snapshots are kept. Credentials are no part of it: they come from the environment
 * ({@code AWS_ACCESS_KEY_ID}, {@code AWS_SECRET_ACCESS_KEY}, {@code AWS_SESSION_TOKEN}).
 *
 * @param endpoint of the S3 API; null for Amazon's own of that region
 * @param prefix of every object's key, empty or ending with {@code /}; one shard a prefix
 * @param pathStyle whether the bucket is part of the path, not of the host's name
 * @param scratch folder that holds what is being read, for as long as it is
 * @param partBytes of an upload or download at once; S3 wants at least 5 MiB
 * @param attempts of each request
 * @param timeout of each request, its attempts included
 */
public record S3Location(
        @Nullable URI endpoint,
        String region,
        String bucket,
        String prefix,
        boolean pathStyle,
        Path scratch,
        int partBytes,
        int attempts,
        Duration timeout) {
    private static final int MIN_PART = 5 << 20;
    private static final int MAX_PART = 256 << 20;

    public S3Location {
        require(!region.isBlank(), "region must be given");
        require(!bucket.isBlank(), "bucket must be given");
        require(prefix.isEmpty() || prefix.endsWith("/"), "prefix must be empty or end with '/'");
        require(partBytes >= MIN_PART && partBytes <= MAX_PART, "partBytes must be between 5 MiB and 256 MiB");
        require(attempts >= 1 && attempts <= 20, "attempts must be between 1 and 20");
        require(timeout.isPositive(), "timeout must be longer than zero");
    }

    private static void require(boolean valid, String message) {
        if (!valid) {
            throw new IllegalArgumentException(message);
        }
    }

    /** The same with a longer prefix. */
    S3Location below(String more) {
        return new S3Location(
                endpoint, region, bucket, prefix + more, pathStyle, scratch, partBytes, attempts, timeout);
    }

    /** With a custom endpoint the bucket is part of the path, as most stores other than Amazon's want it. */
    public static S3Location of(@Nullable URI endpoint, String region, String bucket, String prefix, Path scratch) {
        return new S3Location(
                endpoint, region, bucket, prefix, endpoint != null, scratch, 16 << 20, 5, Duration.ofMinutes(2));
    }
}
