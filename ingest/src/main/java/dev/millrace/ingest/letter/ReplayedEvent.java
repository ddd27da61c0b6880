package dev.millrace.ingest.letter;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.millrace.ingest.proto.DeadLetter;
import dev.millrace.ingest.proto.Envelope;
import dev.millrace.ingest.topic.Topics;
import java.util.Optional;

/**
 * The event that a letter holds, as it goes onto the log again: with its own stamps, so it counts for the windows that it
 * was made in.
 */
record ReplayedEvent(String topic, String requestId, byte[] envelope) {
    /** Empty when the letter holds none: what could not be read at all, or was cut. */
    static Optional<ReplayedEvent> of(DeadLetter letter) {
        if (letter.hasAction()) {
            return of(Envelope.newBuilder().setAction(letter.getAction()).build());
        }
        try {
            return of(Envelope.parseFrom(letter.getRaw()));
        } catch (InvalidProtocolBufferException e) {
            return Optional.empty();
        }
    }

    private static Optional<ReplayedEvent> of(Envelope envelope) {
        return switch (envelope.getBodyCase()) {
            case IMPRESSION -> of(Topics.IMPRESSIONS, envelope.getImpression().getRequestId(), envelope);
            case ACTION -> of(Topics.ACTIONS, envelope.getAction().getRequestId(), envelope);
            case HEARTBEAT, BODY_NOT_SET -> Optional.empty();
        };
    }

    private static Optional<ReplayedEvent> of(String topic, String requestId, Envelope envelope) {
        return requestId.isEmpty()
                ? Optional.empty()
                : Optional.of(new ReplayedEvent(topic, requestId, envelope.toByteArray()));
    }
}
