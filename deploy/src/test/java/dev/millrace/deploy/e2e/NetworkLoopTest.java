package dev.millrace.deploy.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.deploy.embedded.LoadedSpec;
import dev.millrace.ingest.feature.FeatureCodec;
import dev.millrace.ingest.feature.RawFeatures;
import dev.millrace.ingest.proto.Impression;
import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.load.client.Candidate;
import dev.millrace.load.client.RankRequest;
import dev.millrace.ps.delta.Delta;
import dev.millrace.ps.parity.ShardParity;
import dev.millrace.ps.serve.GatheredWeightServer;
import dev.millrace.ps.serve.ReplicaState;
import dev.millrace.ps.serve.ServedVersion;
import dev.millrace.ps.serve.WeightReader;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A network with several heads through the whole loop: what the API answers is what its embeddings and layers on the delta
 * log score, and every sample has the labels that it should.
 */
class NetworkLoopTest {
    private static final LoadedSpec SPEC = Service.spec("""
            model: shop
            rewardWindow: 1s
            slots:
              user: {type: category, from: user.id}
              item: {type: category, from: item.id}
              price: {type: number, from: item.price, standardize: true}
            crosses: [[user, item]]
            optimizer: {type: ftrl, alpha: 0.2}
            network: {type: deepfm, dim: 8, hidden: [16, 8], batch: 4, dense: {type: adam, rate: 0.01}}
            heads:
              like: {labels: {like: 1, dislike: 0}}
              buy: {labels: {buy: 1}, weight: 2}
              watch: {objective: squared, labels: {watch: {perUnit: 0.1, atMost: 10}}, absence: drop}
            score: like * (1 + 2 * buy) + 0.1 * max(0, watch)
            policies: {absence: negative, lateness: 5s}
            """);

    /** Rows as deltas up to some sequence brought them. */
    private static final class Shelf implements WeightReader, ReplicaState {
        private final Map<Long, float[]> rows = new HashMap<>();
        private ServedVersion version = ServedVersion.before(1);

        void apply(Delta delta) {
            for (int i = 0; i < delta.keys().length; i++) {
                rows.put(
                        delta.keys()[i], Arrays.copyOfRange(delta.weights(), delta.at(i), delta.at(i) + delta.width()));
            }
            version = version.after(delta.header(), 0);
        }

        @Override
        public ServedVersion read(long[] keys, int n, float[] weights) {
            int width = SPEC.spec().network().width();
            for (int i = 0; i < n; i++) {
                System.arraycopy(rows.getOrDefault(keys[i], new float[width]), 0, weights, i * width, width);
            }
            return version;
        }

        @Override
        public ServedVersion version() {
            return version;
        }

        @Override
        public boolean caughtUp() {
            return true;
        }

        @Override
        public void onApplied(Consumer<ServedVersion> listener) {}

        @Override
        public List<ShardParity> parity() {
            return List.of();
        }
    }

    @Test
    void theLoopServesWhatTheNetworkLearned(@TempDir Path data) throws Exception {
        long seed = 13;
        Random random = new Random(seed);
        try (Service service = Service.start(data, SPEC)) {
            for (int i = 0; i < 25; i++) {
                List<Candidate> candidates = List.of(
                        new Candidate("pen", Map.of("price", 1 + random.nextInt(20))),
                        new Candidate("cup", Map.of("price", 1 + random.nextInt(20))),
                        Candidate.of("new-" + i));
                String user = "u" + random.nextInt(3);
                service.client.rank(Service.MODEL, new RankRequest("net-" + i, user, "s", Map.of(), candidates, 3));
                service.act("net-e" + i, random.nextBoolean() ? "like" : "dislike", "net-" + i, "pen");
                service.settled("net-e" + i);
            }
            String watched =
                    "{\"id\":\"net-w\",\"type\":\"watch\",\"requestId\":\"net-24\",\"item\":\"cup\",\"value\":40}";
            service.send("POST", "/v1/events", "application/json", watched);
            service.settled("net-w");
            Map<Long, Integer> modelVersions = new HashMap<>();
            Map<String, Integer> labels = new HashMap<>();
            for (SampleBlock block : Log.samples(service.bootstrapServers())) {
                // One without samples carries the watermark on.
                assertTrue(block.heads() == 3 || block.size() == 0, block.heads() + " heads");
                for (int i = 0; i < block.size(); i++) {
                    labels.merge(labels(block, i), 1, Integer::sum);
                    modelVersions.merge(block.modelVersion(i), 1, Integer::sum);
                }
            }
            assertEquals(25, labels.getOrDefault("0.0 - -", 0) + labels.getOrDefault("1.0 - -", 0), labels.toString());
            assertEquals(1, labels.get("- - 4.0"), labels.toString());
            // The windows of the first requests have ended.
            assertTrue(labels.getOrDefault("0.0 0.0 -", 0) > 5, labels.toString());
            assertTrue(labels.getOrDefault("- 0.0 -", 0) > 5, labels.toString());
            assertTrue(modelVersions.size() > 10, modelVersions + " versions served");
            int compared = 0;
            List<Delta> deltas = Log.deltas(service.bootstrapServers());
            for (Impression impression : Log.impressions(service.bootstrapServers())) {
                compared += compare(impression, deltas);
            }
            assertEquals(75, compared);
            // Its embeddings say what is near to what somebody liked.
            Awaitility.await()
                    .atMost(Service.PATIENCE)
                    .until(() -> service.send(
                                    "POST",
                                    "/v1/models/shop/recommend",
                                    "application/json",
                                    "{\"user\":\"u1\",\"withSeen\":true}")
                            .body()
                            .contains("\"nearest\""));
            assertTrue(service.get("/v1/models/shop").body().contains("samplesLearned"));
        }
    }

    private static String labels(SampleBlock block, int i) {
        StringBuilder labels = new StringBuilder();
        for (int head = 0; head < block.heads(); head++) {
            labels.append(head == 0 ? "" : " ").append(block.weight(i, head) == 0 ? "-" : block.label(i, head));
        }
        return labels.toString();
    }

    private static int compare(Impression impression, List<Delta> deltas) {
        Shelf shelf = new Shelf();
        for (Delta delta : deltas) {
            if (delta.header().sequence() <= impression.getModelVersion()) {
                shelf.apply(delta);
            }
        }
        RawFeatures request = FeatureCodec.decode(impression.getFeatures(), impression.getNamesList());
        List<RawFeatures> items = impression.getItemsList().stream()
                .map(item -> FeatureCodec.decode(item.getFeatures(), impression.getNamesList()))
                .toList();
        float[] scores = new float[items.size() * (1 + SPEC.spec().heads().count())];
        new GatheredWeightServer(SPEC.spec(), shelf, shelf).score(request, items, scores);
        for (int i = 0; i < items.size(); i++) {
            assertEquals(scores[i], impression.getItems(i).getScore(), 1e-6f, impression.getRequestId());
            for (int head = 0; head < 3; head++) {
                float answered = impression.getItems(i).getHeadScores(head);
                assertEquals(scores[(1 + head) * items.size() + i], answered, 1e-6f, impression.getRequestId());
            }
        }
        return items.size();
    }
}
