package dev.millrace.deploy.e2e;

import dev.millrace.ingest.proto.Action;
import dev.millrace.ingest.proto.Envelope;
import dev.millrace.ingest.proto.Heartbeat;
import dev.millrace.ingest.proto.Impression;
import dev.millrace.ingest.proto.ShownItem;
import dev.millrace.ingest.topic.Topics;
import java.time.Instant;
import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * The log of the committed savepoints: what the job had read when each was made, record by record at the same offsets,
 * and what came then. Never changed: a savepoint holds offsets of it.
 */
final class SavepointEvents implements AutoCloseable {
    static final String MODEL = "fossil";
    static final String SPEC = """
            model: fossil
            objective: logistic
            labels: {click: 1}
            rewardWindow: 1h
            slots:
              user: {type: category, from: user.id}
              item: {type: category, from: item.id}
            policies: {absence: negative, lateness: 2h}
            """;

    private static final long HOUR_MS = 3_600_000;
    private static final long START_MS = Instant.parse("2026-11-20T00:00:00Z").toEpochMilli();
    private static final int PARTITIONS = 2;

    private final KafkaProducer<byte[], byte[]> producer;

    SavepointEvents(String bootstrapServers) {
        producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", bootstrapServers), new ByteArraySerializer(), new ByteArraySerializer());
    }

    /** Samples of "closed" a, b, c by its window's end, and of "open" a by its click: on the topic before the savepoint. */
    void before() {
        impression(0, "closed", START_MS - HOUR_MS - 1_000, "a", "b", "c");
        impression(1, "open", START_MS, "a", "b", "c");
        action(0, "click-1", "open", "a", START_MS + 10);
        action(1, "click-2", "waiting", "a", START_MS + 20);
        heartbeats(START_MS + 1_000);
    }

    /** Samples: "waiting" a at once, "open" b, then "open" c and "waiting" b by the windows' end; two dead letters. */
    void after() {
        impression(0, "waiting", START_MS + 2_000, "a", "b");
        action(0, "click-3", "open", "b", START_MS + 3_000);
        action(0, "click-1", "open", "a", START_MS + 3_000);
        action(1, "click-4", "closed", "a", START_MS + 3_000);
        heartbeats(START_MS + 3 * HOUR_MS);
    }

    private void impression(int partition, String request, long timeMs, String... items) {
        Impression.Builder impression = Impression.newBuilder()
                .setRequestId(request)
                .setModel(MODEL)
                .setUser("u")
                .setTimeMs(timeMs);
        for (String item : items) {
            impression.addItems(ShownItem.newBuilder().setItem(item).setScore(0.5f));
        }
        send(Topics.IMPRESSIONS, partition, Envelope.newBuilder().setImpression(impression));
    }

    private void action(int partition, String id, String request, String item, long timeMs) {
        send(
                Topics.ACTIONS,
                partition,
                Envelope.newBuilder()
                        .setAction(Action.newBuilder()
                                .setId(id)
                                .setType("click")
                                .setRequestId(request)
                                .setItem(item)
                                .setValue(1)
                                .setTimeMs(timeMs)
                                .setAcceptedMs(timeMs)));
    }

    private void heartbeats(long timeMs) {
        for (int partition = 0; partition < PARTITIONS; partition++) {
            Envelope.Builder beat =
                    Envelope.newBuilder().setHeartbeat(Heartbeat.newBuilder().setTimeMs(timeMs));
            send(Topics.IMPRESSIONS, partition, beat);
            send(Topics.ACTIONS, partition, beat);
        }
    }

    private void send(String topic, int partition, Envelope.Builder envelope) {
        var unused = producer.send(
                new ProducerRecord<>(topic, partition, null, envelope.build().toByteArray()));
    }

    @Override
    public void close() {
        producer.close();
    }
}
