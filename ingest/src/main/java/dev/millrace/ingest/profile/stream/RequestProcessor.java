package dev.millrace.ingest.profile.stream;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.millrace.ingest.profile.LiveStats;
import dev.millrace.ingest.proto.Envelope;
import dev.millrace.ingest.proto.LiveBatch;
import dev.millrace.ingest.proto.LiveEntity;
import dev.millrace.ingest.proto.LivePosition;
import dev.millrace.ingest.proto.LiveRequest;
import dev.millrace.ingest.topic.Topics;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;
import org.apache.kafka.streams.state.WindowStore;
import org.apache.kafka.streams.state.WindowStoreIterator;
import org.jspecify.annotations.Nullable;

/** First step, by request id: an impression or an action → what it does to the people and items of each partition. */
final class RequestProcessor implements Processor<byte[], Envelope, Integer, byte[]> {
    static final String STORE = "requests";

    private final RequestSteps steps;
    private final int partitions;
    private final long rememberMs;
    private final LiveStats stats;
    private @Nullable ProcessorContext<Integer, byte[]> context;
    private @Nullable WindowStore<byte[], byte[]> requests;

    RequestProcessor(RequestSteps steps, int partitions, long rememberMs, LiveStats stats) {
        this.steps = steps;
        this.partitions = partitions;
        this.rememberMs = rememberMs;
        this.stats = stats;
    }

    @Override
    public void init(ProcessorContext<Integer, byte[]> newContext) {
        context = newContext;
        requests = newContext.getStateStore(STORE);
    }

    @Override
    public void process(Record<byte[], Envelope> record) {
        Envelope envelope = record.value();
        try {
            if ((envelope.hasImpression() || envelope.hasAction()) && record.key() != null) {
                RecordMetadata place =
                        Objects.requireNonNull(context).recordMetadata().orElseThrow();
                process(record, envelope, place);
            }
        } catch (InvalidProtocolBufferException | IllegalArgumentException e) {
            // The join has it among the dead letters.
            stats.notRead();
        }
    }

    private void process(Record<byte[], Envelope> record, Envelope envelope, RecordMetadata place)
            throws InvalidProtocolBufferException {
        long timeMs = record.timestamp();
        Remembered known = remembered(record.key(), timeMs);
        RequestSteps.Step step = envelope.hasImpression()
                ? steps.impression(known.request, envelope.getImpression(), place.offset(), timeMs)
                : steps.action(known.request, envelope.getAction(), place.offset(), timeMs);
        if (step.state() != null) {
            Objects.requireNonNull(requests).put(record.key(), step.state().toByteArray(), known.timeMs);
        }
        if (!step.entities().isEmpty()) {
            boolean action = place.topic().equals(Topics.ACTIONS);
            forward(
                    record,
                    step.entities(),
                    LiveBatch.newBuilder()
                            .setPosition(LivePosition.newBuilder()
                                    .setSource(2 * place.partition() + (action ? 1 : 0))
                                    .setOffset(place.offset()))
                            .setAcceptedMs(acceptedMs(envelope, step.state()))
                            .build());
        }
    }

    /** Of an action, or of the first that waited for this impression; 0: of none. */
    private static long acceptedMs(Envelope envelope, @Nullable LiveRequest state) {
        if (envelope.hasAction()) {
            return envelope.getAction().getAcceptedMs();
        }
        return state == null || state.getWaitingCount() == 0
                ? 0
                : state.getWaiting(0).getEvent().getTimeMs();
    }

    private void forward(Record<byte[], Envelope> record, Map<?, LiveEntity.Builder> entities, LiveBatch empty) {
        Map<Integer, LiveBatch.Builder> batches = new HashMap<>();
        for (LiveEntity.Builder entity : entities.values()) {
            int partition = Math.floorMod(entity.getKey().hashCode(), partitions);
            batches.computeIfAbsent(partition, p -> empty.toBuilder()).addEntities(entity);
        }
        batches.forEach((partition, batch) -> Objects.requireNonNull(context)
                .forward(new Record<>(partition, batch.build().toByteArray(), record.timestamp())));
    }

    /** A request's state and the time under which it stands. */
    private record Remembered(LiveRequest request, long timeMs) {}

    private Remembered remembered(byte[] requestId, long timeMs) throws InvalidProtocolBufferException {
        try (WindowStoreIterator<byte[]> found = Objects.requireNonNull(requests)
                .fetch(requestId, Math.max(0, timeMs - rememberMs), timeMs + rememberMs)) {
            if (found.hasNext()) {
                var one = found.next();
                return new Remembered(LiveRequest.parseFrom(one.value), one.key);
            }
            return new Remembered(LiveRequest.getDefaultInstance(), timeMs);
        }
    }
}
