package dev.millrace.deploy.page;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Playwright;
import com.microsoft.playwright.assertions.LocatorAssertions;
import java.io.File;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Stream;

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
    /** Told by the browser itself; what it says of a refused script or style also stands on the console. */
    private static final String REPORT_VIOLATIONS = "addEventListener('securitypolicyviolation',"
            + " e => console.error('refused by policy:', e.violatedDirective, e.blockedURI))";

    private LivePageChecks() {}

    /** The browser that the checks run in. */
    public static Optional<Path> chromium() {
        List<Path> folders = Stream.of(Optional.ofNullable(System.getenv("PATH"))
                        .orElse("")
                        .split(Pattern.quote(File.pathSeparator), -1))
                .map(Path::of)
                .toList();
        return Stream.of("chromium", "chromium-browser", "google-chrome")
                .flatMap(name -> folders.stream().map(folder -> folder.resolve(name)))
                .filter(Files::isExecutable)
                .findFirst();
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
        Path executable = chromium().orElseThrow(() -> new IllegalStateException(NO_CHROMIUM));
        List<String> complaints = new CopyOnWriteArrayList<>();
        try (Playwright playwright = Playwright.create(
                        new Playwright.CreateOptions().setEnv(Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")));
                Browser browser = playwright.chromium().launch(options(executable));
                Page page = browser.newPage(new Browser.NewPageOptions().setViewportSize(1360, 900))) {
            listen(page, base, complaints);
            page.navigate(base.resolve(path).toString());
            looking.accept(page);
            byte[] screenshot = page.screenshot(new Page.ScreenshotOptions().setFullPage(true));
            assertEquals(List.of(), complaints, "complaints of the browser");
            return screenshot;
        }
    }

    private static BrowserType.LaunchOptions options(Path executable) {
        // Chromium has no sandbox for root, as which containers run tests.
        boolean root = "root".equals(System.getProperty("user.name"));
        return new BrowserType.LaunchOptions()
                .setExecutablePath(executable)
                .setArgs(root ? List.of("--no-sandbox", "--disable-gpu") : List.of("--disable-gpu"));
    }

    private static void listen(Page page, URI base, List<String> complaints) {
        page.addInitScript(REPORT_VIOLATIONS);
        page.onPageError(error -> complaints.add("error: " + error));
        page.onConsoleMessage(message -> {
            if (message.type().equals("error")) {
                complaints.add("console: " + message.text());
            }
        });
        page.onRequest(request -> {
            if (!base.getAuthority().equals(URI.create(request.url()).getAuthority())) {
                complaints.add("foreign request: " + request.url());
            }
        });
        page.onResponse(response -> {
            if (response.status() >= 400) {
                complaints.add(response.status() + ": " + response.url());
            }
        });
    }

    private static void awaitLive(Page page, Duration patience) {
        assertThat(page.locator("#state"))
                .hasText("live", new LocatorAssertions.HasTextOptions().setTimeout(patience.toMillis()));
        assertThat(page.locator(".model")).hasText(Pattern.compile("\\S"));
        for (String key : List.of("version", "samples", "rows", "heap")) {
            awaitNumber(text(page, key), patience);
        }
        for (String key : List.of("ranks", "events", "candidates")) {
            assertThat(text(page, key)).hasText(Pattern.compile("\\d.*/s"));
        }
        assertThat(page.locator(".chart canvas")).hasCount(8);
    }

    private static void awaitLearning(Page page, Duration patience) {
        for (String key : List.of("freshP50", "freshP99", "joinP50", "learnP50", "serveP50")) {
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
