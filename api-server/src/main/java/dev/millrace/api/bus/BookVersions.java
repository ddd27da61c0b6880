package dev.millrace.api.bus;

import dev.millrace.api.monitor.window.VersionNumbers;
import dev.millrace.ps.version.ModelVersion;
import dev.millrace.ps.version.VersionBook;
import java.util.Map;

/** Numbers of versions from the registries: the one that weights of a sequence have grown from. Safe for many threads. */
public record BookVersions(Map<String, BusParts> parts) implements VersionNumbers {
    public BookVersions {
        parts = Map.copyOf(parts);
    }

    @Override
    public long of(String model, long sequence) {
        BusParts bus = parts.get(model);
        return bus == null ? 0 : of(bus.log().book(), sequence);
    }

    private static long of(VersionBook book, long sequence) {
        long number = 0;
        long since = -1;
        for (ModelVersion version : book.versions().values()) {
            if (version.sequence() <= sequence && version.sequence() > since) {
                number = version.number();
                since = version.sequence();
            }
        }
        long wentBack = book.done()
                .filter(done -> done.getFailure().isEmpty())
                .map(done -> done.getSequence())
                .orElse(0L);
        Long champion = book.aliases().get(VersionBook.CHAMPION);
        return champion != null && wentBack > since && wentBack <= sequence ? champion : number;
    }
}
