package dev.millrace.ps.version;

import java.util.Map;

/**
 * Weights made elsewhere that wait to become a version.
 *
 * @param run names the offer: there is one version of it
 * @param place of their snapshot: a folder that the keeper of versions can read
 */
public record Offer(String run, String place, String who, String why, Map<String, Double> metrics) {
    public Offer {
        metrics = Map.copyOf(metrics);
    }
}
