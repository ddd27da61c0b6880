package dev.millrace.api.alarm;

import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at every model's numbers once a second and keeps each rule's state; what begins to fire and what ends is logged
 * and told. A number that is not there leaves a rule as it was.
 *
 * <pre>
 *  field     read by   written by         guard
 *  states    anybody   looking thread     this
 *  history   anybody   looking thread     this
 *  silences  anybody   anybody            this
 * </pre>
 */
public final class Alarms implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Alarms.class);
    private static final Duration LOOK = Duration.ofSeconds(1);
    private static final Duration LONGEST_SILENCE = Duration.ofDays(7);
    private static final int MAX_HISTORY = 1_000;

    private final AlarmRules rules;
    private final Map<String, Supplier<Map<String, Double>>> numbers;
    private final Webhooks webhooks;
    private final Clock clock;
    private final Thread thread;
    private final Map<String, Held> states = new LinkedHashMap<>();
    private final Map<String, Long> silences = new LinkedHashMap<>();
    private final Deque<Alarm> history = new ArrayDeque<>();

    private record Held(
            AlarmRule rule,
            String model,
            String state,
            @Nullable Double value,
            long sinceMs) {}

    /** @param numbers each model's, by name */
    public Alarms(AlarmRules rules, Map<String, Supplier<Map<String, Double>>> numbers, Clock clock) {
        this.rules = rules;
        this.numbers = Map.copyOf(numbers);
        this.clock = clock;
        webhooks = new Webhooks(rules.webhooks());
        thread = Thread.ofVirtual().name("alarms").unstarted(this::run);
    }

    /** Begins to look, on a thread of its own. */
    public Alarms start() {
        thread.start();
        return this;
    }

    private void run() {
        try {
            while (!Thread.currentThread().isInterrupted()) {
                look();
                Thread.sleep(LOOK);
            }
        } catch (InterruptedException e) {
            LOG.debug("alarms are looked at no more", e);
        }
    }

    /** Once; also what a test calls instead of waiting. */
    void look() {
        numbers.forEach((model, of) -> {
            try {
                Map<String, Double> now = of.get();
                rules.rules().forEach(rule -> look(rule, model, now.get(rule.metric())));
            } catch (RuntimeException e) {
                LOG.warn("the numbers of {} could not be looked at", model, e);
            }
        });
    }

    private synchronized void look(AlarmRule rule, String model, @Nullable Double value) {
        long nowMs = clock.millis();
        Held before =
                states.computeIfAbsent(rule.name() + " " + model, key -> new Held(rule, model, "ok", null, nowMs));
        if (value == null) {
            return;
        }
        String state = "ok";
        long sinceMs = before.sinceMs();
        if (rule.holds(value)) {
            long beyondMs = before.state().equals("ok") ? 0 : nowMs - before.sinceMs();
            state = before.state().equals("firing")
                            || beyondMs >= rule.lasting().toMillis()
                    ? "firing"
                    : "waiting";
        }
        if (!state.equals(before.state())) {
            sinceMs = nowMs;
        }
        Held now = new Held(rule, model, state, value, sinceMs);
        states.put(rule.name() + " " + model, now);
        boolean told = state.equals("firing") != before.state().equals("firing");
        if (told) {
            tell(view(now));
        }
    }

    private void tell(Alarm alarm) {
        history.addFirst(alarm);
        if (history.size() > MAX_HISTORY) {
            history.removeLast();
        }
        if (alarm.state().equals("firing")) {
            LOG.error(
                    "alarm {} of model {}: {} is {}; {}",
                    alarm.name(),
                    alarm.model(),
                    alarm.when(),
                    alarm.value(),
                    alarm.says());
        } else {
            LOG.info("alarm {} of model {} is over", alarm.name(), alarm.model());
        }
        if (alarm.silencedUntilMs() <= clock.millis()) {
            webhooks.tell(alarm);
        }
    }

    /** Every rule's state, those that fire first. */
    public synchronized List<Alarm> all() {
        List<Alarm> all = new ArrayList<>();
        states.values().forEach(held -> all.add(view(held)));
        all.sort(java.util.Comparator.comparing(alarm -> !alarm.state().equals("firing")));
        return all;
    }

    /** What began and what ended, newest first. */
    public synchronized List<Alarm> history() {
        return List.copyOf(history);
    }

    /** Nobody but the log is told of this alarm for so long; not at all: zero. @return whether there is such a rule */
    public synchronized boolean silence(String name, Duration atMost) {
        if (rules.rules().stream().noneMatch(rule -> rule.name().equals(name))) {
            return false;
        }
        Duration bounded = atMost.compareTo(LONGEST_SILENCE) > 0 ? LONGEST_SILENCE : atMost;
        silences.put(name, bounded.isPositive() ? clock.millis() + bounded.toMillis() : 0L);
        return true;
    }

    private Alarm view(Held held) {
        AlarmRule rule = held.rule();
        return new Alarm(
                rule.name(),
                held.model(),
                held.state(),
                rule.severity().name().toLowerCase(Locale.ROOT),
                rule.when(),
                rule.says(),
                held.value(),
                held.sinceMs(),
                silences.getOrDefault(rule.name(), 0L));
    }

    @Override
    public void close() {
        thread.interrupt();
        webhooks.close();
    }
}
