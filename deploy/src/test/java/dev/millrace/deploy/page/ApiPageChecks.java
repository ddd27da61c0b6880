package dev.millrace.deploy.page;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.assertions.LocatorAssertions;
import java.net.URI;
import java.time.Duration;

/** What must hold of the page to try the API in a real browser. */
public final class ApiPageChecks {
    private ApiPageChecks() {}

    /**
     * Ranks by hand, with the body that the page begins with; fails as {@link LivePageChecks#check} does.
     *
     * @return the whole page as PNG
     */
    public static byte[] check(URI base, String model, Duration patience) {
        var soon = new LocatorAssertions.ContainsTextOptions().setTimeout(patience.toMillis());
        return LivePageChecks.visit(base, "/docs.html", page -> {
            Locator rank = page.locator("details#rank");
            assertThat(rank).containsText("/v1/models/{model}/rank", soon);
            rank.locator("summary").click();
            rank.locator("input[name=model]").fill(model);
            rank.locator("button").click();
            assertThat(rank.locator("pre")).containsText("200", soon);
            assertThat(rank.locator("pre")).containsText("\"modelVersion\"", soon);
        });
    }
}
