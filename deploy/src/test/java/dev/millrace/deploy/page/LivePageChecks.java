package dev.millrace.deploy.page;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.assertions.LocatorAssertions;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/**
 * What must hold of the live page in a real browser, whoever serves it.
 *
 * <p>{@snippet :
 * assumeTrue(LivePageChecks.chromium().isPresent(), LivePageChecks.NO_CHROMIUM);
 * byte[] png = LivePageChecks.check(base, true, Duration.ofSeconds(30));
 * }
 */
public final class LivePageChecks {
    /** The reason to skip with where {@link #chromium} is empty. */
    public static final String NO_CHROMIUM = "no chromium, chromium-browser or google-chrome on the PATH";

    private static final Pattern A_NUMBER = Pattern.compile("\\d");
    /** Each is there from the first frame on, be it empty. */
    private static final int CHARTS = 21;

    private LivePageChecks() {}

    /** The browser that the checks run in. */
    public static Optional<Path> chromium() {
        return Chromium.installed();
    }

    /**
     * Opens the page and waits until it is live and shows numbers; fails on any console error, page error, failed or
     * foreign request, and content that the page's policy refused.
     *
     * @param base the service's address, the page at its root
     * @param learning whether people act meanwhile: then the samples learned must grow under the reader's eyes, and
     *     freshness must have been measured
     * @param patience for each thing that is waited for
     * @return the whole page as PNG
     */
    public static byte[] check(URI base, boolean learning, Duration patience) {
        return visit(base, "/", page -> {
            awaitLive(page, patience);
            if (learning) {
                awaitLearning(page, patience);
            }
        });
    }

    /** The same of any page of the service; fails on what the browser complains of. */
    static byte[] visit(URI base, String path, Consumer<Page> looking) {
        try (Chromium chromium = Chromium.start();
                Visit visit = chromium.visit(base, Look.LIGHT)) {
            visit.page().navigate(base.resolve(path).toString());
            looking.accept(visit.page());
            byte[] screenshot = visit.screenshot();
            assertEquals(List.of(), visit.complaints(), "complaints of the browser");
            return screenshot;
        }
    }

    private static void awaitLive(Page page, Duration patience) {
        assertThat(page.locator("#state"))
                .hasText("live", new LocatorAssertions.HasTextOptions().setTimeout(patience.toMillis()));
        assertThat(page.locator("#model")).hasValue(Pattern.compile("\\S{2,}"));
        for (String key : List.of("version", "samples", "rows", "heap")) {
            awaitNumber(text(page, key), patience);
        }
        for (String key : List.of("ranks", "events", "candidates")) {
            assertThat(text(page, key)).hasText(Pattern.compile("\\d.*/s"));
        }
        assertThat(page.locator(".chart canvas")).hasCount(CHARTS);
    }

    private static void awaitLearning(Page page, Duration patience) {
        for (String key : List.of("freshP50", "joinP50", "learnP50", "serveP50")) {
            awaitNumber(text(page, key), patience);
        }
        Locator samples = text(page, "samples");
        String before = samples.textContent();
        assertThat(samples)
                .not()
                .hasText(before, new LocatorAssertions.HasTextOptions().setTimeout(patience.toMillis()));
        assertThat(page.locator("body"))
                .hasAttribute(
                        "data-flow", "on", new LocatorAssertions.HasAttributeOptions().setTimeout(patience.toMillis()));
    }

    private static void awaitNumber(Locator locator, Duration patience) {
        assertThat(locator).hasText(A_NUMBER, new LocatorAssertions.HasTextOptions().setTimeout(patience.toMillis()));
    }

    /** The first element of the page that shows a value. */
    private static Locator text(Page page, String key) {
        return page.locator("[data-text=" + key + "]").first();
    }
}
