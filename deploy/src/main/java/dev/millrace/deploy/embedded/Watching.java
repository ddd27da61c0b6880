package dev.millrace.deploy.embedded;

import dev.millrace.api.monitor.window.WindowConfig;

/** What is watched of what is served, beside what the API measures of itself. */
public record Watching(WindowConfig windows) {
    public static final Watching DEFAULT = new Watching(WindowConfig.DEFAULT);
}
