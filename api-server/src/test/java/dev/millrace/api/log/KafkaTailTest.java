package dev.millrace.api.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.Samples;
import dev.millrace.ingest.proto.Action;
import dev.millrace.ingest.proto.DeadLetter;
import dev.millrace.ingest.proto.Envelope;
import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.sample.SampleBlockCodec;
import dev.millrace.ingest.topic.Topics;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The tail on a real broker, whose log is damaged on disk. */
class KafkaTailTest {
    private static final String SAMPLES = Topics.samples("movies");

    /** What was told, in order. */
    private static final class Told implements LogListener {
        final List<String> all = Collections.synchronizedList(new ArrayList<>());

        @Override
        public void action(Action action) {
            all.add(action.getId());
        }

        @Override
        public void samples(Place place, SampleBlock block) {
            all.add(block.size() + " samples, live " + place.live());
        }

        @Override
        public void deadLetter(DeadLetter letter, boolean live) {
            all.add(letter.getAction().getId() + ", live " + live);
        }

        List<String> sorted() {
            return all.stream().sorted().toList();
        }
    }

    @Test
    void aDamagedRecordIsPassedOverAndNothingIsToldTwice(@TempDir Path dir) throws Exception {
        try (TestBroker broker = new TestBroker(dir);
                Producer producer = new Producer(broker)) {
            producer.action("a1");
            producer.action("damaged");
            producer.action("a3");
            producer.letter("old");
            producer.send(SAMPLES, SampleBlockCodec.encode(new Samples().block(1)));
            producer.send(Topics.ACTIONS, new byte[] {1, 2, 3});
            damage(dir.resolve(Topics.ACTIONS + "-0/00000000000000000000.log"));

            Told told = new Told();
            var config = new KafkaTail.Config(broker.bootstrapServers, List.of("movies"), 1000, Duration.ofMinutes(10));
            try (KafkaTail tail = KafkaTail.start(config, told, Clock.systemUTC())) {
                Awaitility.await().until(() -> told.all.contains("old, live false"));
                producer.letter("new");
                Awaitility.await().atMost(Duration.ofSeconds(30)).until(tail::caughtUp);
                Awaitility.await().until(() -> told.all.contains("new, live true"));
                assertEquals(
                        List.of("0 samples, live false", "a1", "a3", "new, live true", "old, live false"),
                        told.sorted());
                assertEquals(2, tail.skipped(), "the damaged one, and the one that is no envelope");
            }
        }
    }

    private static void damage(Path segment) throws Exception {
        byte[] bytes = Files.readAllBytes(segment);
        int at = new String(bytes, StandardCharsets.ISO_8859_1).indexOf("damaged");
        assertTrue(at > 0);
        bytes[at] ^= 1;
        Files.write(segment, bytes, java.nio.file.StandardOpenOption.WRITE);
    }

    private static final class Producer implements AutoCloseable {
        private final KafkaProducer<byte[], byte[]> producer;

        Producer(TestBroker broker) throws Exception {
            Map<String, Object> config = Map.of("bootstrap.servers", broker.bootstrapServers);
            try (Admin admin = Admin.create(config)) {
                admin.createTopics(Stream.of(Topics.ACTIONS, Topics.DEAD_LETTERS, SAMPLES)
                                .map(name -> new NewTopic(name, 1, (short) 1))
                                .toList())
                        .all()
                        .get();
            }
            producer = new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer());
        }

        void action(String id) throws Exception {
            Action action = Action.newBuilder().setId(id).build();
            send(Topics.ACTIONS, Envelope.newBuilder().setAction(action).build().toByteArray());
        }

        void letter(String id) throws Exception {
            Action action = Action.newBuilder().setId(id).build();
            send(
                    Topics.DEAD_LETTERS,
                    DeadLetter.newBuilder().setAction(action).build().toByteArray());
        }

        /** Each record is a batch of its own. */
        void send(String topic, byte[] value) throws Exception {
            var unused = producer.send(new ProducerRecord<>(topic, value)).get();
        }

        @Override
        public void close() {
            producer.close();
        }
    }
}
