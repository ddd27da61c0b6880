package dev.millrace.deploy.page;

import com.microsoft.playwright.Page;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;

/**
 * Whether people who see little, hear a page or have no mouse can use it, by rules of WCAG 2.2 AA that a machine can
 * check: names, landmarks, order of headings, tables with headings, contrast as computed, nothing wider than the window.
 */
public final class Access {
    private Access() {}

    /** What is wrong, one line each. */
    public static List<String> violations(Page page) throws IOException {
        Object found = page.evaluate(script());
        return ((List<?>) found).stream().map(String::valueOf).toList();
    }

    private static String script() throws IOException {
        try (InputStream in = Objects.requireNonNull(Access.class.getResourceAsStream("access.js"))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
