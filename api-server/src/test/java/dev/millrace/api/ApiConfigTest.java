package dev.millrace.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class ApiConfigTest {
    @Test
    void defaultsListenOnLoopbackOnlyWithBoundsOnEverything() {
        ApiConfig config = ApiConfig.of("broker:9092");
        assertEquals("127.0.0.1", config.host());
        assertEquals(8080, config.port());
        assertEquals(2 << 20, config.limits().bodyBytes());
        assertEquals(1024, config.limits().connections());
        assertEquals(200_000, config.limits().traces());
        assertEquals(100_000, config.limits().tailRecords());
        assertEquals(Duration.ofSeconds(2), config.times().acknowledged());
        assertEquals(Duration.ofSeconds(30), config.times().within());
        assertEquals(Duration.ofSeconds(10), config.times().future());
        assertEquals(Duration.ofSeconds(60), config.times().recent());
    }

    @Test
    void aValueOutOfRangeIsRefusedByName() {
        ApiConfig config = ApiConfig.of("broker:9092");
        Exception refused = assertThrows(IllegalArgumentException.class, () -> config.withPort(70_000));
        assertEquals("api configuration: port must not be 70000", refused.getMessage());
        assertThrows(IllegalArgumentException.class, () -> ApiConfig.of(" "));
        assertThrows(
                IllegalArgumentException.class, () -> new ApiConfig.Limits(0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1));
    }
}
