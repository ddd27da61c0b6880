package dev.millrace.load.replay;

import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.Policies.Absence;
import dev.millrace.load.data.Dataset;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What to replay, and how. Made by {@link #builder}, whose defaults these are.
 *
 * @param baseUri of the API
 * @param model that ranks and learns
 * @param dataset kind of {@code path}
 * @param users people that play at the same time, 1..4096 (64)
 * @param limit requests to play, the first in time order (all)
 * @param delay from an answer to the action (none)
 * @param labels action type to label, as in the model's spec (like 1, dislike 0, click 1); actions of other types are
 *     sent, and not waited for
 * @param absence what the model makes of an item without a labelled action (a negative)
 * @param rewardWindow after which an item without a labelled action is a negative (1 s)
 * @param profiles whether the recording's profiles are stored first (yes)
 * @param patience with a service that does not answer, and with an event until it is served (2 minutes)
 * @param traceGrace how long the service may not know an event that it had acknowledged, before the person goes on (15 s)
 * @param settle after the last request, how long the model may take to learn the rest (2 minutes)
 * @param quiet after the expected samples are learned, how long it must stay so (1 s)
 * @param predictions CSV of what the client saw, one row an item; null: none
 * @param report JSON; null: none
 * @param run prefix of all ids, 1..24 characters; null: made of time and process, so that no two runs share it
 */
public record ReplayOptions(
        URI baseUri,
        String model,
        Dataset dataset,
        Path path,
        int users,
        long limit,
        Duration delay,
        Map<String, Double> labels,
        Absence absence,
        Duration rewardWindow,
        boolean profiles,
        Duration patience,
        Duration traceGrace,
        Duration settle,
        Duration quiet,
        @Nullable Path predictions,
        @Nullable Path report,
        @Nullable String run) {
    public static final int MAX_USERS = 4096;

    public ReplayOptions {
        labels = Map.copyOf(labels);
        require(users >= 1 && users <= MAX_USERS, "users: 1.." + MAX_USERS);
        require(limit >= 1, "limit: at least 1");
        require(!delay.isNegative(), "delay: not negative");
        require(patience.isPositive(), "patience: positive");
        require(!traceGrace.isNegative() && !settle.isNegative() && !quiet.isNegative(), "waits: not negative");
        require(run == null || (!run.isEmpty() && run.length() <= 24), "run: 1..24 characters");
        labels.forEach((type, label) -> require(label >= 0 && label <= 1, "label of " + type + ": 0..1"));
    }

    private static void require(boolean condition, String rule) {
        if (!condition) {
            throw new IllegalArgumentException(rule);
        }
    }

    public static Builder builder(URI baseUri, String model, Dataset dataset, Path path) {
        return new Builder(baseUri, model, dataset, path);
    }

    /** Collects options; {@link #build} validates them. */
    public static final class Builder {
        private final URI baseUri;
        private final String model;
        private final Dataset dataset;
        private final Path path;
        private int users = 64;
        private long limit = Long.MAX_VALUE;
        private Duration delay = Duration.ZERO;
        private Map<String, Double> labels = Map.of("like", 1.0, "dislike", 0.0, "click", 1.0);
        private Absence absence = Absence.NEGATIVE;
        private Duration rewardWindow = Duration.ofSeconds(1);
        private boolean profiles = true;
        private Duration patience = Duration.ofMinutes(2);
        private Duration traceGrace = Duration.ofSeconds(15);
        private Duration settle = Duration.ofMinutes(2);
        private Duration quiet = Duration.ofSeconds(1);
        private @Nullable Path predictions;
        private @Nullable Path report;
        private @Nullable String run;

        private Builder(URI baseUri, String model, Dataset dataset, Path path) {
            this.baseUri = baseUri;
            this.model = model;
            this.dataset = dataset;
            this.path = path;
        }

        public Builder users(int value) {
            users = value;
            return this;
        }

        public Builder limit(long value) {
            limit = value;
            return this;
        }

        public Builder delay(Duration value) {
            delay = value;
            return this;
        }

        public Builder labels(Map<String, Double> value) {
            labels = value;
            return this;
        }

        public Builder absence(Absence value) {
            absence = value;
            return this;
        }

        public Builder rewardWindow(Duration value) {
            rewardWindow = value;
            return this;
        }

        /** Labels, absence and reward window of the model's spec, which is what the service learns by. */
        public Builder spec(ModelSpec value) {
            return labels(value.labels().fixed())
                    .absence(value.policies().absence())
                    .rewardWindow(value.rewardWindow());
        }

        public Builder profiles(boolean value) {
            profiles = value;
            return this;
        }

        public Builder patience(Duration value) {
            patience = value;
            return this;
        }

        public Builder traceGrace(Duration value) {
            traceGrace = value;
            return this;
        }

        public Builder settle(Duration value) {
            settle = value;
            return this;
        }

        public Builder quiet(Duration value) {
            quiet = value;
            return this;
        }

        public Builder predictions(@Nullable Path value) {
            predictions = value;
            return this;
        }

        public Builder report(@Nullable Path value) {
            report = value;
            return this;
        }

        public Builder run(@Nullable String value) {
            run = value;
            return this;
        }

        public ReplayOptions build() {
            return new ReplayOptions(
                    baseUri,
                    model,
                    dataset,
                    path,
                    users,
                    limit,
                    delay,
                    labels,
                    absence,
                    rewardWindow,
                    profiles,
                    patience,
                    traceGrace,
                    settle,
                    quiet,
                    predictions,
                    report,
                    run);
        }
    }
}
