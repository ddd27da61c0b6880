package dev.millrace.api.grpc;

import dev.millrace.api.desk.EventsDesk;
import dev.millrace.api.desk.IdempotencyKey;
import dev.millrace.api.desk.TraceDesk;
import dev.millrace.api.events.EventsReader;
import dev.millrace.api.json.Ids;
import dev.millrace.api.json.JsonIn;
import dev.millrace.ingest.proto.api.EventsAnswer;
import dev.millrace.ingest.proto.api.EventsGrpc;
import dev.millrace.ingest.proto.api.PostEventsRequest;
import dev.millrace.ingest.proto.api.TraceAnswer;
import dev.millrace.ingest.proto.api.TraceRequest;
import io.grpc.stub.StreamObserver;
import org.jspecify.annotations.Nullable;

/** Events and where they are, as over HTTP. */
final class EventCalls extends EventsGrpc.EventsImplBase {
    private final EventsReader reader;
    private final EventsDesk events;
    private final TraceDesk traces;
    private final Calls calls;

    EventCalls(EventsReader reader, EventsDesk events, TraceDesk traces, Calls calls) {
        this.reader = reader;
        this.events = events;
        this.traces = traces;
        this.calls = calls;
    }

    @Override
    public void post(PostEventsRequest request, StreamObserver<EventsAnswer> caller) {
        calls.unary(caller, () -> {
            String key = Doors.KEY.get();
            var answer = events.accept(() -> IdempotencyKey.named(reader.json(JsonIn.ofField(request, "events")), key));
            return calls.message(answer, EventsAnswer.newBuilder()).build();
        });
    }

    @Override
    public void trace(TraceRequest request, StreamObserver<TraceAnswer> caller) {
        calls.unary(caller, () -> {
            String id = Ids.check("id", request.getId());
            var answer = traces.trace(id, orNull(request.getUntil()), orNull(request.getWithin()));
            return calls.message(answer, TraceAnswer.newBuilder()).build();
        });
    }

    private static @Nullable String orNull(String text) {
        return text.isEmpty() ? null : text;
    }
}
