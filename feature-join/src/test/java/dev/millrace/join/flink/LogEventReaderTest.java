package dev.millrace.join.flink;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import com.google.protobuf.CodedOutputStream;
import dev.millrace.ingest.proto.Action;
import dev.millrace.ingest.proto.Envelope;
import dev.millrace.ingest.proto.Impression;
import dev.millrace.join.Events;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.flink.api.common.serialization.SerializerConfigImpl;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.junit.jupiter.api.Test;

class LogEventReaderTest {
    private static final Action ACTION = Events.action("1", "like", "a", 10);

    private static void assertUnreadable(Envelope.Builder envelope) {
        byte[] bytes = envelope.build().toByteArray();
        LogEvent.Unreadable event = assertInstanceOf(LogEvent.Unreadable.class, LogEventReader.read(bytes, 5));
        assertArrayEquals(bytes, event.bytes());
    }

    @Test
    void timeIsWhatTheLogsWritersStamped() {
        assertEquals(7, LogEvents.of(Events.impression(7, "a")).timeMs());
        assertEquals(8, LogEvents.heartbeat(8).timeMs());
        Action ahead = ACTION.toBuilder().setTimeMs(99_999).setAcceptedMs(9).build();
        assertEquals(9, LogEvents.of(ahead).timeMs());
    }

    @Test
    void aWriterWhoseClockIsAheadMovesTimeNoFurtherThanTheBrokers() {
        Envelope.Builder ahead = Envelope.newBuilder().setImpression(Events.impression(3_600_000, "a"));
        assertEquals(50, LogEvents.at(ahead, 50).timeMs());
    }

    @Test
    void impressionsAndActionsOfARequestHaveItsKey() {
        assertEquals(Events.REQUEST, LogEvents.of(Events.impression(7, "a")).requestId());
        assertEquals(Events.REQUEST, LogEvents.of(ACTION).requestId());
    }

    @Test
    void whatCannotBeReadIsKeptNotThrown() {
        byte[] noise = "no protobuf".getBytes(StandardCharsets.UTF_8);
        assertArrayEquals(
                noise,
                assertInstanceOf(LogEvent.Unreadable.class, LogEventReader.read(noise, 5))
                        .bytes());
        assertInstanceOf(LogEvent.Unreadable.class, LogEventReader.read(null, 5));
        assertInstanceOf(LogEvent.Unreadable.class, LogEventReader.read(new byte[0], 5));
    }

    @Test
    void whatMakesNoSenseIsUnreadable() {
        assertUnreadable(Envelope.newBuilder().setImpression(Events.impression(0, "a")));
        assertUnreadable(Envelope.newBuilder().setImpression(Events.impression(Long.MAX_VALUE, "a")));
        assertUnreadable(Envelope.newBuilder().setImpression(Events.impression(1, "")));
        assertUnreadable(Envelope.newBuilder().setAction(ACTION.toBuilder().setRequestId("")));
        assertUnreadable(Envelope.newBuilder().setAction(ACTION.toBuilder().setId("")));
        assertUnreadable(Envelope.newBuilder().setAction(ACTION.toBuilder().setType("x".repeat(100_000))));
    }

    @Test
    void anotherEncoderMayWriteTheSameMessageInAnotherForm() throws IOException {
        Impression impression = Events.impression(7, "a");
        // Its time twice, the last one counts; then the impression in two parts.
        byte[] twice = concat(Impression.newBuilder().setTimeMs(3).build().toByteArray(), impression.toByteArray());
        LogEvent.Shown again = assertInstanceOf(LogEvent.Shown.class, read(concat(envelope(twice))));
        assertEquals(7, again.timeMs());
        byte[] parts = concat(
                envelope(Impression.newBuilder().setUser("v").build().toByteArray()),
                envelope(impression.toByteArray()));
        LogEvent.Shown merged = assertInstanceOf(LogEvent.Shown.class, read(parts));
        assertArrayEquals(impression.toByteArray(), merged.impression().toByteArray());
    }

    private static LogEvent read(byte[] bytes) {
        return LogEventReader.read(bytes, Long.MAX_VALUE);
    }

    private static byte[] envelope(byte[] impression) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        CodedOutputStream coded = CodedOutputStream.newInstance(out);
        coded.writeByteArray(Envelope.IMPRESSION_FIELD_NUMBER, impression);
        coded.flush();
        return out.toByteArray();
    }

    private static byte[] concat(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }

    @Test
    void eventsTravelAsBytes() throws IOException {
        TypeSerializer<LogEvent> serializer = Wires.LOG_EVENT.createSerializer(new SerializerConfigImpl());
        DataOutputSerializer out = new DataOutputSerializer(64);
        serializer.serialize(LogEvents.of(ACTION), out);
        serializer.serialize(LogEvents.of(Events.impression(7, "a")), out);
        serializer.serialize(LogEvents.heartbeat(8), out);
        serializer.serialize(new LogEvent.Unreadable(new byte[] {1, 2}), out);
        DataInputDeserializer in = new DataInputDeserializer(Arrays.copyOf(out.getSharedBuffer(), out.length()));
        assertEquals(LogEvents.of(ACTION), serializer.deserialize(in));
        LogEvent.Shown shown = assertInstanceOf(LogEvent.Shown.class, serializer.deserialize(in));
        assertArrayEquals(
                Events.impression(7, "a").toByteArray(), shown.impression().toByteArray());
        assertEquals(LogEvents.heartbeat(8), serializer.deserialize(in));
        assertArrayEquals(new byte[] {1, 2}, ((LogEvent.Unreadable) serializer.deserialize(in)).bytes());
    }
}
