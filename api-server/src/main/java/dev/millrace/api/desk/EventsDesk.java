package dev.millrace.api.desk;

import dev.millrace.api.events.EventService;
import dev.millrace.api.events.EventsAnswer;
import dev.millrace.api.events.NewEvent;
import dev.millrace.api.monitor.Monitor;
import java.util.List;
import java.util.concurrent.Callable;

/** Takes posts of events, a bounded number at a time. Safe for many threads. */
public final class EventsDesk {
    private final EventService service;
    private final Monitor monitor;
    private final Gate gate;

    public EventsDesk(EventService service, Monitor monitor, Gate gate) {
        this.service = service;
        this.monitor = monitor;
        this.gate = gate;
    }

    /** @param events reads them; called once there is room */
    public EventsAnswer accept(Callable<List<NewEvent>> events) throws Exception {
        return gate.pass(() -> {
            EventsAnswer answer = service.accept(events.call());
            monitor.posted(answer.accepted(), answer.duplicates());
            return answer;
        });
    }
}
