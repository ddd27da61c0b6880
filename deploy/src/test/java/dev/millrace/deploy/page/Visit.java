package dev.millrace.deploy.page;

import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Page;
import java.net.URI;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A page with a session of its own, and everything that the browser complained of meanwhile. */
public final class Visit implements AutoCloseable {
    private final BrowserContext context;
    private final Page page;
    private final List<String> complaints = new CopyOnWriteArrayList<>();

    Visit(BrowserContext context, URI base) {
        this.context = context;
        page = context.newPage();
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

    public Page page() {
        return page;
    }

    /** Console errors, page errors, failed and foreign requests, what the policy refused. */
    public List<String> complaints() {
        return List.copyOf(complaints);
    }

    /** The whole page as PNG. */
    public byte[] screenshot() {
        return page.screenshot(new Page.ScreenshotOptions().setFullPage(true));
    }

    @Override
    public void close() {
        context.close();
    }
}
