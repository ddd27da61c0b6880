/**
 * Alarms: rules over the monitor's numbers, who is told, and what was told.
 *
 * <p>In: numbers by name, rules of a YAML file. Out: lines of the log, posts to webhooks, a list. Depends on api.monitor,
 * ps.version, Micrometer, the JDK's HTTP client and SnakeYAML. A thread looks once a second, another delivers; reading is for any thread.
 */
@NullMarked
package dev.millrace.api.alarm;

import org.jspecify.annotations.NullMarked;
