package dev.millrace.api.alarm;

import dev.millrace.ingest.spec.KnownNames;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/**
 * The rules, and who is told beside the log.
 *
 * @param webhooks addresses that get each change as JSON by POST
 */
public record AlarmRules(List<AlarmRule> rules, List<URI> webhooks) {
    private static final String SHIPPED = "/alarms.yml";
    private static final int MAX_RULES = 200;
    private static final int MAX_WEBHOOKS = 16;

    public AlarmRules {
        rules = List.copyOf(rules);
        webhooks = List.copyOf(webhooks);
        Set<String> names = new HashSet<>();
        for (AlarmRule rule : rules) {
            if (!names.add(rule.name())) {
                throw new IllegalArgumentException("alarm '" + rule.name() + "' is there twice");
            }
        }
        if (rules.size() > MAX_RULES || webhooks.size() > MAX_WEBHOOKS) {
            throw new IllegalArgumentException("at most " + MAX_RULES + " alarms and " + MAX_WEBHOOKS + " webhooks");
        }
    }

    /** Those that come with the server, told to the log. */
    public static AlarmRules shipped() {
        try (InputStream in = AlarmRules.class.getResourceAsStream(SHIPPED)) {
            if (in == null) {
                throw new IllegalStateException("no resource " + SHIPPED);
            }
            return parse(SHIPPED, new String(in.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** A file in place of the shipped ones, where there is one. */
    public static AlarmRules of(Path file) throws IOException {
        return Files.exists(file) ? parse(file.toString(), Files.readString(file)) : shipped();
    }

    /**
     * {@snippet lang=yaml :
     * webhooks: [https://example.org/alarms]
     * alarms:
     *   learning-stands-still: {when: learningLagMs > 30000, for: 10s, severity: warning, says: nothing is learned}
     * }
     *
     * @throws IllegalArgumentException naming what is wrong, and where
     */
    public static AlarmRules parse(String name, String yaml) {
        Object root = new Yaml(new SafeConstructor(new LoaderOptions())).load(yaml);
        Map<?, ?> top = map(name, root);
        known(name, top, Set.of("alarms", "webhooks"));
        List<AlarmRule> rules = new ArrayList<>();
        map(name + ": alarms", top.get("alarms"))
                .forEach((key, value) -> rules.add(rule(String.valueOf(key), map("alarm '" + key + "'", value))));
        List<URI> webhooks = new ArrayList<>();
        if (top.get("webhooks") instanceof List<?> addresses) {
            addresses.forEach(address -> webhooks.add(webhook(String.valueOf(address))));
        } else if (top.get("webhooks") != null) {
            throw new IllegalArgumentException(name + ": webhooks is no list; write [https://…]");
        }
        return new AlarmRules(rules, webhooks);
    }

    private static URI webhook(String address) {
        URI uri = URI.create(address);
        if (!Set.of("http", "https").contains(String.valueOf(uri.getScheme())) || uri.getHost() == null) {
            throw new IllegalArgumentException("webhook '" + address + "' is no http or https address");
        }
        return uri;
    }

    private static AlarmRule rule(String name, Map<?, ?> of) {
        known("alarm '" + name + "'", of, Set.of("when", "for", "severity", "says"));
        AlarmRule rule = AlarmRule.of(
                name,
                text(name, of, "when", ""),
                duration(name, text(name, of, "for", "0s")),
                severity(name, text(name, of, "severity", "warning")),
                text(name, of, "says", ""));
        if (!AlarmNumbers.NAMES.contains(rule.metric())) {
            // It would never fire.
            throw new IllegalArgumentException("alarm '" + name + "': there is no number '" + rule.metric() + "'; "
                    + KnownNames.fix(rule.metric(), AlarmNumbers.NAMES));
        }
        return rule;
    }

    private static AlarmRule.Severity severity(String name, String text) {
        return switch (text) {
            case "critical" -> AlarmRule.Severity.CRITICAL;
            case "warning" -> AlarmRule.Severity.WARNING;
            default ->
                throw new IllegalArgumentException(
                        "alarm '" + name + "': severity is '" + text + "'; write critical or warning");
        };
    }

    private static Duration duration(String name, String text) {
        try {
            return Duration.parse("PT" + text.toUpperCase(Locale.ROOT));
        } catch (java.time.format.DateTimeParseException e) {
            throw new IllegalArgumentException("alarm '" + name + "': for is '" + text + "'; write like 10s or 5m", e);
        }
    }

    private static String text(String name, Map<?, ?> of, String key, String otherwise) {
        Object value = of.get(key);
        if (value == null && otherwise.isEmpty() && !key.equals("says")) {
            throw new IllegalArgumentException("alarm '" + name + "': " + key + " is missing");
        }
        return value == null ? otherwise : String.valueOf(value);
    }

    private static Map<?, ?> map(String what, @Nullable Object value) {
        if (value instanceof Map<?, ?> map) {
            return map;
        }
        throw new IllegalArgumentException(what + " is no mapping");
    }

    private static void known(String what, Map<?, ?> of, Set<String> keys) {
        of.keySet().forEach(key -> {
            if (!keys.contains(String.valueOf(key))) {
                throw new IllegalArgumentException(what + ": '" + key + "' is not known here; one of " + keys);
            }
        });
    }
}
