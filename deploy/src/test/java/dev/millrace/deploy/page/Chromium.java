package dev.millrace.deploy.page;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.Playwright;
import java.io.File;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A browser that runs, for one thread. */
public record Chromium(Playwright playwright, Browser browser) implements AutoCloseable {
    /** Told by the browser itself; what it says of a refused script or style also stands on the console. */
    private static final String REPORT_VIOLATIONS = "addEventListener('securitypolicyviolation',"
            + " e => console.error('refused by policy:', e.violatedDirective, e.blockedURI))";

    /** What is installed on this machine. */
    public static Optional<Path> installed() {
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

    public static Chromium start() {
        Path executable = installed().orElseThrow(() -> new IllegalStateException(LivePageChecks.NO_CHROMIUM));
        Playwright playwright = Playwright.create(
                new Playwright.CreateOptions().setEnv(Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")));
        try {
            return new Chromium(playwright, playwright.chromium().launch(options(executable)));
        } catch (RuntimeException e) {
            playwright.close();
            throw e;
        }
    }

    private static BrowserType.LaunchOptions options(Path executable) {
        // Chromium has no sandbox for root, as which containers run tests.
        boolean root = "root".equals(System.getProperty("user.name"));
        return new BrowserType.LaunchOptions()
                .setExecutablePath(executable)
                .setArgs(root ? List.of("--no-sandbox", "--disable-gpu") : List.of("--disable-gpu"));
    }

    /**
     * Somebody who comes anew.
     *
     * @param base what belongs to the page; a request to elsewhere is complained of
     */
    public Visit visit(URI base, Look look) {
        BrowserContext context = browser.newContext(new Browser.NewContextOptions()
                .setViewportSize(look.width, look.height)
                .setColorScheme(look.colors)
                .setIgnoreHTTPSErrors(true));
        context.addInitScript(REPORT_VIOLATIONS);
        return new Visit(context, base);
    }

    @Override
    public void close() {
        browser.close();
        playwright.close();
    }
}
