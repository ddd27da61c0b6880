package dev.millrace.api.alarm;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Posts alarms as JSON to addresses, one after the other, with a few tries each; what waits is bounded. */
final class Webhooks implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Webhooks.class);
    private static final int MAX_WAITING = 256;
    private static final int TRIES = 4;
    private static final Duration ANSWER = Duration.ofSeconds(5);
    private static final Duration PAUSE = Duration.ofMillis(500);
    private static final JsonFactory JSON = new JsonFactory();

    private final List<URI> addresses;
    private final BlockingQueue<Alarm> waiting = new ArrayBlockingQueue<>(MAX_WAITING);
    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(ANSWER).build();
    private final Thread thread;

    Webhooks(List<URI> addresses) {
        this.addresses = addresses;
        thread = Thread.ofVirtual().name("alarm-webhooks").start(this::run);
    }

    void tell(Alarm alarm) {
        if (!addresses.isEmpty() && !waiting.offer(alarm)) {
            LOG.warn("alarm {} is told to nobody: {} wait already", alarm.name(), MAX_WAITING);
        }
    }

    private void run() {
        try {
            while (!Thread.currentThread().isInterrupted()) {
                String json = json(waiting.take());
                for (URI address : addresses) {
                    deliver(address, json);
                }
            }
        } catch (InterruptedException e) {
            LOG.debug("webhooks are told no more", e);
        }
    }

    private void deliver(URI address, String json) throws InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(address)
                .timeout(ANSWER)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(json))
                .build();
        String failure = "";
        for (int attempt = 0; attempt < TRIES; attempt++) {
            try {
                int status = http.send(request, HttpResponse.BodyHandlers.discarding())
                        .statusCode();
                if (status / 100 == 2) {
                    return;
                }
                failure = "status " + status;
            } catch (IOException e) {
                failure = e.toString();
            }
            Thread.sleep(PAUSE.multipliedBy(1L << attempt));
        }
        LOG.warn("webhook {} was not told of an alarm: {}", address, failure);
    }

    private static String json(Alarm alarm) {
        StringWriter text = new StringWriter();
        try (JsonGenerator out = JSON.createGenerator(text)) {
            out.writeStartObject();
            out.writeStringField("alarm", alarm.name());
            out.writeStringField("model", alarm.model());
            out.writeStringField("state", alarm.state());
            out.writeStringField("severity", alarm.severity());
            out.writeStringField("when", alarm.when());
            out.writeStringField("says", alarm.says());
            if (alarm.value() != null) {
                out.writeNumberField("value", alarm.value());
            }
            out.writeNumberField("sinceMs", alarm.sinceMs());
            out.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return text.toString();
    }

    @Override
    public void close() {
        thread.interrupt();
        http.shutdownNow();
    }
}
