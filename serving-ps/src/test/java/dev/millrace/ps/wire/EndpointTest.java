package dev.millrace.ps.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EndpointTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "grpc://shard-3.example:7000",
                "tcp://127.0.0.1:0",
                "tcp://[::1]:65535",
                "unix:/run/a b",
                "shm:/x"
            })
    void whatIsParsedIsPrintedTheSame(String text) {
        assertEquals(text, Endpoint.parse(text).toString());
    }

    @Test
    void partsAreTaken() {
        assertEquals(new Endpoint(Endpoint.Transport.TCP, "::1", 9, ""), Endpoint.parse("tcp://[::1]:9"));
        assertEquals(Endpoint.shm("/run/x"), Endpoint.parse("shm:/run/x"));
    }

    @ParameterizedTest
    @CsvSource({
        "http://a:1, is no endpoint",
        "a:1, is no endpoint",
        "tcp://a, has no port",
        "tcp://a:x, has no port",
        "tcp://a:70000, needs a host and a port",
        "tcp://:7, needs a host and a port",
        "tcp://::1:7, stands in brackets",
        "unix:run/a, needs an absolute path",
        "shm:, needs an absolute path"
    })
    void whatIsWrongIsSaid(String text, String words) {
        String message = String.valueOf(assertThrows(IllegalArgumentException.class, () -> Endpoint.parse(text))
                .getMessage());
        assertTrue(message.contains(words), message);
    }

    @Test
    void pathTooLongForTheSystemIsRefused() {
        String path = "/" + "x".repeat(107);
        String message = String.valueOf(assertThrows(IllegalArgumentException.class, () -> Endpoint.unix(path))
                .getMessage());
        assertTrue(message.contains("107"), message);
    }
}
