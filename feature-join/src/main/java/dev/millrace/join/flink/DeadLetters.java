package dev.millrace.join.flink;

import com.google.protobuf.ByteString;
import dev.millrace.ingest.proto.Action;
import dev.millrace.ingest.proto.DeadLetter;
import dev.millrace.ingest.proto.DeadLetterReason;
import dev.millrace.ingest.topic.Topics;
import org.apache.flink.util.OutputTag;

/** Makes the records of what became no label. */
final class DeadLetters {
    static final OutputTag<TopicRecord> TAG = new OutputTag<>("dead-letters", Wires.TOPIC_RECORD);

    /** With its bytes a dead letter must fit into a record. */
    private static final int MAX_RAW_BYTES = Topics.MAX_RECORD_BYTES / 2;

    private DeadLetters() {}

    static TopicRecord rejected(Action action, String model, DeadLetterReason reason, long nowMs) {
        return record(DeadLetter.newBuilder()
                .setReason(reason)
                .setModel(model)
                .setAction(action)
                .setTimeMs(nowMs));
    }

    /** @param raw cut when it is too large to keep */
    static TopicRecord unreadable(ByteString raw, String model, long nowMs) {
        return record(DeadLetter.newBuilder()
                .setReason(DeadLetterReason.DEAD_LETTER_REASON_UNREADABLE)
                .setModel(model)
                .setRaw(raw.size() > MAX_RAW_BYTES ? raw.substring(0, MAX_RAW_BYTES) : raw)
                .setTimeMs(nowMs));
    }

    private static TopicRecord record(DeadLetter.Builder letter) {
        return new TopicRecord(Topics.DEAD_LETTERS, letter.build().toByteArray());
    }
}
