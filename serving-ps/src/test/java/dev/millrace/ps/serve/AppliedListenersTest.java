package dev.millrace.ps.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class AppliedListenersTest {
    @Test
    void oneThatThrowsStopsNeitherTheOthersNorTheApplication() {
        AppliedListeners listeners = new AppliedListeners();
        List<Long> heard = new ArrayList<>();
        listeners.add(v -> {
            throw new IllegalStateException("a listener's bug");
        });
        listeners.add(v -> {
            throw new AssertionError("a listener's error");
        });
        listeners.add(v -> heard.add(v.sequence()));
        listeners.accept(ServedVersion.NONE);
        assertEquals(List.of(0L), heard);
    }
}
