package dev.millrace.deploy.evaluate;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.millrace.ingest.feature.Canary;
import dev.millrace.ingest.feature.EncodedImpression;
import dev.millrace.ingest.id.SampleIds;
import dev.millrace.ingest.proto.Action;
import dev.millrace.ingest.proto.Envelope;
import dev.millrace.ingest.proto.Impression;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.Policies;
import dev.millrace.ingest.topic.Topics;
import it.unimi.dsi.fastutil.longs.Long2ObjectOpenHashMap;
import it.unimi.dsi.fastutil.longs.LongOpenHashSet;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * One model's exploring requests in a stretch of the log, each with what it earned. Actions are read first and kept, then
 * impressions pass by, so memory is that of the stretch's actions and 16 bytes a request. One thread, one use.
 */
public final class LogStretch {
    private static final Duration ANSWER = Duration.ofSeconds(10);
    private static final Duration POLL = Duration.ofMillis(500);

    private final String bootstrapServers;
    private final ModelSpec spec;
    private final Range range;
    private final int maxEvents;
    private final Rewards rewards;
    private final long settledMs;
    private final Long2ObjectOpenHashMap<List<Action>> actions = new Long2ObjectOpenHashMap<>();
    private final LongOpenHashSet seen = new LongOpenHashSet();
    private long actionCount;
    private long endMs = Long.MAX_VALUE;
    private long requests;
    private long certain;
    private long open;
    private long repeated;
    private long unreadable;

    /** Event time, milliseconds since the epoch: the first that is in it, the first that is not. */
    public record Range(long fromMs, long toMs) {
        public static final Range ALL = new Range(0, Long.MAX_VALUE);
    }

    /**
     * What was found.
     *
     * @param requests that explored, their reward windows over: they are estimated from
     * @param certain that did not explore: they say nothing of another ranking
     * @param open whose windows were not over when the log ended
     * @param repeated request ids that stood there again
     * @param unreadable records, and impressions whose propensities make no sense
     */
    public record Found(long requests, long certain, long open, long repeated, long unreadable) {}

    /** @param maxEvents actions, and requests, that are kept at most */
    public LogStretch(String bootstrapServers, ModelSpec spec, Range range, int maxEvents) {
        this.bootstrapServers = bootstrapServers;
        this.spec = spec;
        this.range = range;
        this.maxEvents = maxEvents;
        rewards = new Rewards(spec);
        boolean corrects = spec.policies().late() == Policies.Late.CORRECT;
        settledMs = spec.rewardWindow().toMillis()
                + (corrects ? spec.policies().lateness().toMillis() : 0);
    }

    /** @throws IllegalStateException when Kafka does not answer, or the stretch is too long to be kept */
    public Found read(Consumer<LoggedRequest> out) {
        try (var consumer = new KafkaConsumer<>(
                Map.<String, Object>of(
                        "bootstrap.servers",
                        bootstrapServers,
                        "default.api.timeout.ms",
                        (int) ANSWER.toMillis(),
                        "auto.offset.reset",
                        "earliest"),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer())) {
            read(consumer, Topics.ACTIONS, this::action);
            read(consumer, Topics.IMPRESSIONS, envelope -> impression(envelope, out));
        } catch (KafkaException e) {
            throw new IllegalStateException("no answer from Kafka at " + bootstrapServers, e);
        }
        return new Found(requests, certain, open, repeated, unreadable);
    }

    /** From the stretch's beginning to what is there now; its event time ends where its slowest partition does. */
    private void read(KafkaConsumer<byte[], byte[]> consumer, String topic, Consumer<Envelope> to) {
        List<PartitionInfo> partitions = consumer.partitionsFor(topic);
        if (partitions == null || partitions.isEmpty()) {
            throw new IllegalStateException(
                    "no topic " + topic + " at " + bootstrapServers + "; does a millrace write there?");
        }
        List<TopicPartition> assigned = partitions.stream()
                .map(p -> new TopicPartition(topic, p.partition()))
                .toList();
        consumer.assign(assigned);
        Map<TopicPartition, Long> ends = new HashMap<>(consumer.endOffsets(assigned));
        seek(consumer, assigned, ends);
        Map<Integer, Long> latestMs = new HashMap<>();
        while (!ends.isEmpty()) {
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                Long end = ends.get(new TopicPartition(topic, record.partition()));
                if (end == null || record.offset() >= end) {
                    continue;
                }
                try {
                    Envelope envelope = Envelope.parseFrom(record.value());
                    latestMs.merge(record.partition(), timeMs(envelope), Math::max);
                    to.accept(envelope);
                } catch (InvalidProtocolBufferException e) {
                    unreadable++;
                }
            }
            ends.entrySet().removeIf(end -> consumer.position(end.getKey()) >= end.getValue());
        }
        if (topic.equals(Topics.ACTIONS)) {
            endMs = latestMs.values().stream().mapToLong(ms -> ms).min().orElse(0);
        }
    }

    private void seek(
            KafkaConsumer<byte[], byte[]> consumer, List<TopicPartition> partitions, Map<TopicPartition, Long> ends) {
        Map<TopicPartition, Long> from = new HashMap<>();
        partitions.forEach(p -> from.put(p, range.fromMs()));
        Map<TopicPartition, OffsetAndTimestamp> first = consumer.offsetsForTimes(from);
        for (TopicPartition partition : partitions) {
            OffsetAndTimestamp at = first.get(partition);
            consumer.seek(partition, at == null ? Objects.requireNonNull(ends.get(partition)) : at.offset());
        }
    }

    private static long timeMs(Envelope envelope) {
        return switch (envelope.getBodyCase()) {
            case IMPRESSION -> envelope.getImpression().getTimeMs();
            case ACTION -> envelope.getAction().getAcceptedMs();
            case HEARTBEAT -> envelope.getHeartbeat().getTimeMs();
            case BODY_NOT_SET -> 0;
        };
    }

    private void action(Envelope envelope) {
        Action action = envelope.getAction();
        boolean isLater = action.getAcceptedMs() - settledMs >= range.toMs();
        if (!envelope.hasAction() || isLater || !spec.labels().rules().containsKey(action.getType())) {
            return;
        }
        bound(++actionCount, "actions");
        long request = SampleIds.ofRequest(action.getRequestId());
        actions.computeIfAbsent(request, id -> new ArrayList<>(1)).add(action);
    }

    private void bound(long count, String what) {
        if (count > maxEvents) {
            throw new IllegalStateException("the stretch has more than " + maxEvents + " " + what
                    + "; take a shorter one (--from, --to), or raise --max-events and the heap");
        }
    }

    private void impression(Envelope envelope, Consumer<LoggedRequest> out) {
        Impression impression = envelope.getImpression();
        long timeMs = impression.getTimeMs();
        boolean isOurs = envelope.hasImpression() && impression.getModel().equals(spec.learnsFrom());
        boolean isCanary = impression.getItemsCount() == 1
                && impression.getItems(0).getItem().equals(Canary.ITEM);
        if (!isOurs || isCanary || timeMs < range.fromMs() || timeMs >= range.toMs()) {
            return;
        }
        long request = SampleIds.ofRequest(impression.getRequestId());
        if (!impression.hasExploration()) {
            certain++;
        } else if (timeMs + settledMs > endMs) {
            open++;
        } else if (!seen.add(request)) {
            repeated++;
        } else {
            bound(seen.size(), "requests");
            settled(impression, actions.getOrDefault(request, List.of()), out);
        }
    }

    private void settled(Impression impression, List<Action> its, Consumer<LoggedRequest> out) {
        byte[] bytes = impression.toByteArray();
        try {
            EncodedImpression encoded = EncodedImpression.trusted(bytes, 0, bytes.length);
            LoggedRequest request = LoggedRequest.of(impression, rewards.of(encoded, its));
            requests++;
            out.accept(request);
        } catch (IllegalArgumentException e) {
            unreadable++;
        }
    }
}
