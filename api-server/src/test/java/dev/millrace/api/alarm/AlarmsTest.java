package dev.millrace.api.alarm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AlarmsTest {
    private static final String RULES = """
            alarms:
              lag: {when: learningLagMs > 30000, for: 10s, severity: critical, says: nothing is learned}
              low: {when: calibration < 0.5, says: too low}
            """;

    private final AtomicLong nowMs = new AtomicLong(1_000_000);
    private final Map<String, Double> numbers = new ConcurrentHashMap<>();
    private final Clock clock = new Clock() {
        @Override
        public ZoneOffset getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(java.time.ZoneId zone) {
            return this;
        }

        @Override
        public Instant instant() {
            return Instant.ofEpochMilli(nowMs.get());
        }
    };

    private Alarms alarms(String yaml) {
        return new Alarms(AlarmRules.parse("test", yaml), Map.of("shop", () -> Map.copyOf(numbers)), clock);
    }

    private static String state(Alarms alarms, String name) {
        return alarms.all().stream()
                .filter(alarm -> alarm.name().equals(name))
                .findFirst()
                .orElseThrow()
                .state();
    }

    @Test
    void aRuleFiresWhenItsNumberStaysBeyondAndEndsWithIt() {
        try (Alarms alarms = alarms(RULES)) {
            alarms.look();
            assertEquals("ok", state(alarms, "lag"), "no number yet");
            numbers.put("learningLagMs", 40_000.0);
            alarms.look();
            assertEquals("waiting", state(alarms, "lag"));
            nowMs.addAndGet(9_000);
            alarms.look();
            assertEquals("waiting", state(alarms, "lag"));
            nowMs.addAndGet(1_000);
            alarms.look();
            assertEquals("firing", state(alarms, "lag"));
            numbers.remove("learningLagMs");
            alarms.look();
            assertEquals("firing", state(alarms, "lag"), "nothing known is no end");
            numbers.put("learningLagMs", 100.0);
            alarms.look();
            assertEquals("ok", state(alarms, "lag"));
            assertEquals(
                    List.of("ok", "firing"),
                    alarms.history().stream().map(Alarm::state).toList());
        }
    }

    @Test
    void webhooksAreToldUnlessItIsSilenced() throws IOException {
        List<String> told = new CopyOnWriteArrayList<>();
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            told.add(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            exchange.sendResponseHeaders(204, -1);
            exchange.close();
        });
        server.start();
        String yaml = "webhooks: [\"http://127.0.0.1:" + server.getAddress().getPort() + "/\"]\n" + RULES;
        try (Alarms alarms = alarms(yaml)) {
            assertTrue(alarms.silence("low", Duration.ofMinutes(1)));
            assertFalse(alarms.silence("high", Duration.ofMinutes(1)));
            numbers.put("calibration", 0.1);
            alarms.look();
            numbers.put("calibration", 1.0);
            alarms.look();
            nowMs.addAndGet(60_001);
            numbers.put("calibration", 0.2);
            alarms.look();
            Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> !told.isEmpty());
            assertEquals(1, told.size(), told.toString());
            assertTrue(told.getFirst().contains("\"alarm\":\"low\"")
                    && told.getFirst().contains("\"value\":0.2"));
            assertEquals(3, alarms.history().size(), "the history has all");
        } finally {
            server.stop(0);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "alarms: {a: {when: auc >= 3}}",
                "alarms: {a: {when: auc > 3, for: soon}}",
                "alarms: {a: {when: auc > 3, severity: bad}}",
                "alarms: {a: {when: auc > 3, wenn: 1}}",
                "alarms: {a: {for: 1s}}",
                "alarms: {a: {when: acu > 3}}",
                "alarm: {}",
                "webhooks: [ftp://x/]\nalarms: {}"
            })
    void aWrongFileIsRefusedInWords(String yaml) {
        var refused = assertThrows(IllegalArgumentException.class, () -> AlarmRules.parse("file", yaml));
        assertFalse(String.valueOf(refused.getMessage()).isBlank());
    }

    @Test
    void theShippedRulesAreRules() {
        assertTrue(AlarmRules.shipped().rules().size() >= 8);
    }
}
