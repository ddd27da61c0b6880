package dev.millrace.ps.version;

import java.util.Map;
import java.util.TreeMap;

/**
 * Something that was done to a model.
 *
 * @param revision its offset on the registry's topic
 * @param timeMs milliseconds since the epoch
 * @param action {@code promote}, {@code rollback}, {@code hold}, {@code resume}, {@code done}, {@code failed},
 *     {@code version}, {@code retire}
 * @param what in words: which version, which alias
 * @param metrics quality when it was done, by name
 */
public record AuditEntry(
        long revision, long timeMs, String who, String why, String action, String what, Map<String, Double> metrics) {
    public AuditEntry {
        metrics = java.util.Collections.unmodifiableMap(new TreeMap<>(metrics));
    }
}
