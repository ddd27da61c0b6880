package dev.millrace.ps.snapshot;

import java.time.Duration;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.EnvironmentVariableCredentialsProvider;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.retries.StandardRetryStrategy;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3ClientBuilder;

/**
 * Snapshots of one shard as objects of a bucket. Rows go up in parts while they are handed out; the manifest, which
 * publishes them, last. What is read is downloaded to a file first, and verified there.
 */
public final class S3SnapshotStore extends ChainedStore {
    private static final Duration CONNECT = Duration.ofSeconds(5);
    private static final Duration SILENCE = Duration.ofSeconds(30);

    private final S3Client client;

    /** @param keep how many full members stay, with their increments; at least 1 */
    public S3SnapshotStore(S3Location location, int keep) {
        this(location, keep, EnvironmentVariableCredentialsProvider.create());
    }

    S3SnapshotStore(S3Location location, int keep, AwsCredentialsProvider credentials) {
        this(location, keep, client(location, credentials));
    }

    private S3SnapshotStore(S3Location location, int keep, S3Client client) {
        super(new S3Blobs(location, client), keep);
        this.client = client;
    }

    static S3Client client(S3Location location, AwsCredentialsProvider credentials) {
        S3ClientBuilder builder = S3Client.builder()
                .region(Region.of(location.region()))
                .credentialsProvider(credentials)
                .forcePathStyle(location.pathStyle())
                // Members carry checksums of their own; stores other than Amazon's refuse the newer headers.
                .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
                .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
                .httpClientBuilder(UrlConnectionHttpClient.builder()
                        .connectionTimeout(CONNECT)
                        .socketTimeout(SILENCE))
                .overrideConfiguration(config -> config.apiCallTimeout(location.timeout())
                        .retryStrategy(StandardRetryStrategy.builder()
                                .maxAttempts(location.attempts())
                                .build()));
        if (location.endpoint() != null) {
            builder.endpointOverride(location.endpoint());
        }
        return builder.build();
    }

    @Override
    public void close() {
        client.close();
    }
}
