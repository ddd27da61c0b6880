package dev.millrace.deploy.e2e;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.assertions.LocatorAssertions;
import dev.millrace.api.security.ApiKeys;
import dev.millrace.api.security.KeyTerms;
import dev.millrace.api.security.Scope;
import dev.millrace.api.security.SecurityConfig;
import dev.millrace.api.security.TestTls;
import dev.millrace.deploy.embedded.Watching;
import dev.millrace.deploy.page.Access;
import dev.millrace.deploy.page.Chromium;
import dev.millrace.deploy.page.LivePageChecks;
import dev.millrace.deploy.page.Look;
import dev.millrace.deploy.page.Visit;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** The live page in a real browser: empty, live, cut off, locked; what it says is what the API says. Pictures go to target/page. */
@Tag("e2e")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class PageTest {
    private static final Path PICTURES = Path.of("target", "page");
    private static final double SOON_MS = 30_000;

    private final ObjectMapper mapper = new ObjectMapper();
    private Service service;
    private Chromium chromium;

    @BeforeAll
    void start(@TempDir Path data) throws Exception {
        assumeTrue(Chromium.installed().isPresent(), LivePageChecks.NO_CHROMIUM);
        Files.createDirectories(PICTURES);
        service = Service.watched(data, PageArms.SPECS, Watching.DEFAULT);
        chromium = Chromium.start();
    }

    @AfterAll
    void stop() {
        if (service != null) {
            chromium.close();
            service.close();
        }
    }

    private Visit open(URI base, Look look) {
        Visit visit = chromium.visit(base, look);
        visit.page().navigate(base.toString());
        return visit;
    }

    private static LocatorAssertions.HasTextOptions soon() {
        return new LocatorAssertions.HasTextOptions().setTimeout(SOON_MS);
    }

    private static LocatorAssertions.ContainsTextOptions containing() {
        return new LocatorAssertions.ContainsTextOptions().setTimeout(SOON_MS);
    }

    private static void awaitState(Page page, String state) {
        assertThat(page.locator("#state")).hasText(state, soon());
    }

    private static String part(Page page, String answer, String part) {
        return page.locator("[data-answer=" + answer + "] [data-part=" + part + "]")
                .textContent();
    }

    private static void picture(Visit visit, String name) throws IOException {
        Files.write(PICTURES.resolve(name + ".png"), visit.screenshot());
    }

    private void act(int from, int to) throws InterruptedException {
        for (int i = from; i < to; i++) {
            service.rank("p-" + i, "anna", "hat", "shoe", "sock");
            service.act("p-e" + i, "like", "p-" + i, i % 4 == 0 ? "hat" : "shoe");
        }
        service.settled("p-e" + (to - 1));
    }

    @Test
    @Order(1)
    void beforeAnybodyCameItSaysSo() throws Exception {
        try (Visit visit = open(service.uri("/"), Look.LIGHT)) {
            awaitState(visit.page(), "live");
            assertThat(visit.page().locator("[data-answer=fresh] [data-part=word]"))
                    .hasText("Not measured now", soon());
            assertThat(visit.page().locator("[data-answer=better] [data-part=word]"))
                    .hasText("Nothing to compare yet", soon());
            assertThat(visit.page().locator(".recent")).containsText("No request was answered here yet", containing());
            picture(visit, "empty");
            assertEquals(List.of(), Access.violations(visit.page()));
            assertEquals(List.of(), visit.complaints());
        }
    }

    @Test
    @Order(2)
    void whatItSaysIsWhatTheApiSays() throws Exception {
        act(0, 60);
        try (Visit visit = open(service.uri("/"), Look.LIGHT)) {
            Page page = visit.page();
            awaitState(page, "live");
            assertThat(page.locator("[data-answer=better] [data-part=number]"))
                    .hasText(Pattern.compile(".*\\d.*"), soon());
            // Nothing comes any more; both look at the same numbers before long.
            Awaitility.await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> {
                Map<String, String> said = said(page);
                assertEquals(expected(monitor()), said);
            });
            JsonNode monitor = monitor();
            assertTrue(
                    part(page, "better", "more").contains(ratio(monitor.at("/baseline/total/auc"))),
                    "the baseline's AUC");
            assertEquals("popularity", monitor.at("/baseline/name").asText());
            assertTrue(part(page, "better", "unit").startsWith("gain on popularity (95"), "what it is compared with");
            Awaitility.await()
                    .atMost(Duration.ofSeconds(30))
                    .untilAsserted(() -> assertEquals(
                            hotKeys(), page.locator("#hot tbody th").allTextContents(), "hot keys, most first"));
            assertEquals(List.of(), visit.complaints());
        }
    }

    private List<String> hotKeys() throws IOException, InterruptedException {
        List<String> names = new ArrayList<>();
        mapper.readTree(service.get("/v1/models/shop/store").body())
                .path("hotKeys")
                .forEach(key -> names.add(key.path("name").asText()));
        assertFalse(names.isEmpty());
        return names;
    }

    private JsonNode monitor() throws IOException, InterruptedException {
        return mapper.readTree(service.get("/v1/monitor").body());
    }

    private static Map<String, String> said(Page page) {
        Map<String, String> said = new LinkedHashMap<>();
        for (String key : List.of("samples", "version", "rows", "late", "orphan", "duplicate", "ignored", "traced")) {
            said.put(key, page.locator("[data-text=" + key + "]").first().textContent());
        }
        for (Map.Entry<String, String> chart : Map.of("AUC", "auc", "Log loss", "logLoss", "Calibration", "calibration")
                .entrySet()) {
            Locator card = page.locator(
                    ".chart",
                    new Page.LocatorOptions()
                            .setHas(page.locator(
                                    "h3",
                                    new Page.LocatorOptions()
                                            .setHasText(Pattern.compile("^" + chart.getKey() + "$")))));
            said.put(chart.getValue(), card.locator("[data-series=overall]").textContent());
        }
        return said;
    }

    private static Map<String, String> expected(JsonNode monitor) {
        Map<String, String> expected = new LinkedHashMap<>();
        expected.put("samples", count(monitor.path("samplesLearned")));
        expected.put("version", count(monitor.path("version")));
        expected.put("rows", count(monitor.path("rows")));
        for (String outcome : List.of("late", "orphan", "duplicate", "ignored")) {
            expected.put(outcome, count(monitor.path("outcomes").path(outcome)));
        }
        expected.put("traced", count(monitor.path("traced")));
        for (String quality : List.of("auc", "logLoss", "calibration")) {
            expected.put(quality, ratio(monitor.at("/quality/total").path(quality)));
        }
        return new LinkedHashMap<>(expected);
    }

    private static String count(JsonNode number) {
        return String.format(Locale.ROOT, "%,d", number.asLong());
    }

    private static String ratio(JsonNode number) {
        return String.format(Locale.ROOT, "%.3f", number.asDouble());
    }

    @Test
    @Order(3)
    void everybodyCanReadIt() throws Exception {
        for (Look look : Look.values()) {
            try (Visit visit = open(service.uri("/"), look)) {
                awaitState(visit.page(), "live");
                assertThat(visit.page().locator(".recent tbody tr").first()).isVisible();
                visit.page().locator(".numbers summary").first().click();
                picture(visit, look.name().toLowerCase(Locale.ROOT));
                assertEquals(List.of(), Access.violations(visit.page()), look.toString());
                assertEquals(List.of(), visit.complaints());
            }
        }
    }

    @Test
    @Order(4)
    void theKeyboardReachesAll() {
        try (Visit visit = open(service.uri("/"), Look.LIGHT)) {
            Page page = visit.page();
            awaitState(page, "live");
            List<String> way = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                page.keyboard().press("Tab");
                String at = String.valueOf(page.evaluate(FOCUSED));
                if (at.equals("BODY")) {
                    break;
                }
                assertFalse(at.startsWith("unseen"), at);
                way.add(at);
            }
            List<String> stations = List.of("skip", "model", "nav", "plot", "order", "search", "link");
            assertEquals(
                    stations,
                    way.stream()
                            .map(at -> at.split(":", 2)[0])
                            .filter(stations::contains)
                            .distinct()
                            .toList(),
                    way.toString());
            page.locator(".plot").first().focus();
            page.keyboard().press("ArrowLeft");
            assertThat(page.locator(".plot").first())
                    .hasAttribute("aria-label", Pattern.compile(".* at \\d\\d:\\d\\d:\\d\\d: .*"));
            assertThat(page.locator(".chart").first()).hasAttribute("data-at", Pattern.compile("\\d\\d:\\d\\d:\\d\\d"));
            page.keyboard().press("Escape");
            page.locator("button[data-order=hold]").focus();
            page.keyboard().press("Enter");
            assertThat(page.locator("#order")).isVisible();
            page.keyboard().press("Escape");
            assertThat(page.locator("#order")).isHidden();
            assertThat(page.locator("button[data-order=hold]")).isFocused();
        }
    }

    /** What has the focus: what it is, and that it is seen to have it. */
    private static final String FOCUSED = """
            () => {
              const e = document.activeElement;
              if (e === document.body) return 'BODY';
              const ring = getComputedStyle(e).outlineStyle !== 'none' || e.classList.contains('skip');
              const at = e.getBoundingClientRect();
              const kind = e.classList.contains('skip') ? 'skip' : e.id === 'model' ? 'model' : e.closest('nav') ? 'nav'
                : e.classList.contains('plot') ? 'plot' : e.dataset.order ? 'order' : e.closest('.search') ? 'search'
                : e.classList.contains('link') ? 'link' : e.tagName;
              return (ring && at.width > 0 ? '' : 'unseen ') + kind + ':' + (e.getAttribute('aria-label') ?? e.textContent).slice(0, 40);
            }""";

    @Test
    @Order(5)
    void aRequestIsLookedInto() throws Exception {
        act(60, 61);
        try (Visit visit = open(service.uri("/"), Look.LIGHT)) {
            Page page = visit.page();
            awaitState(page, "live");
            // One in a while is remembered.
            String id = Awaitility.await()
                    .atMost(Duration.ofSeconds(20))
                    .until(
                            () -> {
                                JsonNode line = mapper.readTree(service.get("/v1/models/shop/requests?limit=100")
                                                .body())
                                        .path("requests");
                                for (JsonNode one : line) {
                                    if (one.path("actions").asInt() > 0) {
                                        return one.path("requestId").asText();
                                    }
                                }
                                return null;
                            },
                            found -> found != null);
            JsonNode request = mapper.readTree(
                    service.get("/v1/models/shop/requests/" + id).body());
            page.locator("input[name=id]").fill(id);
            page.keyboard().press("Enter");
            Locator found = page.locator(".found");
            assertThat(found.locator("caption").first()).containsText("Scores now", containing());
            Locator best = found.locator("tbody tr").first();
            assertThat(best.locator("th")).hasText(request.at("/items/0/item").asText());
            assertThat(best.locator("td").first()).hasText(ratio(request.at("/items/0/score")));
            assertThat(found.locator(".way").first()).containsText("served", containing());
            assertThat(found.locator("details").first()).containsText("Changed by", containing());
            assertThat(found.locator("details").first()).containsText("item=", containing());
            picture(visit, "look");
            assertEquals(List.of(), Access.violations(page));
            page.locator("input[name=id]").fill("p-e60");
            page.keyboard().press("Enter");
            assertThat(page.locator(".told")).containsText("Event p-e60: served", containing());
            page.locator("input[name=id]").fill("no-such-thing");
            page.keyboard().press("Enter");
            assertThat(page.locator(".told")).containsText("no profile is stored", containing());
        }
    }

    @Test
    @Order(6)
    void armsAreComparedOnThePage() throws Exception {
        PageArms arms = new PageArms(service);
        arms.play();
        arms.theBoardSaysWhatTheLogSays();
        try (Visit visit = open(service.uri("/"), Look.LIGHT)) {
            awaitState(visit.page(), "live");
            arms.thePageSaysWhatTheBoardSays(visit.page());
            picture(visit, "arms");
            assertEquals(List.of(), Access.violations(visit.page()));
            assertEquals(List.of(), visit.complaints());
        }
        arms.bothDoorsSayAndDoTheSame();
    }

    @Test
    @Order(7)
    void itGoesOnWhereItWasWhenTheServerComesBack(@TempDir Path dir) throws Exception {
        try (PageServer server = new PageServer(service, dir, SecurityConfig.DEV);
                Visit visit = chromium.visit(server.base(), Look.LIGHT)) {
            Page page = visit.page();
            List<String> resumed = new ArrayList<>();
            page.onRequest(request -> {
                if (request.url().contains("/v1/monitor/stream")) {
                    resumed.add(request.headers().getOrDefault("last-event-id", ""));
                }
            });
            page.navigate(server.base().toString());
            awaitState(page, "live");
            Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> frames(page) >= 2);
            server.stop();
            assertThat(page.locator("#state")).hasText("connection lost, trying again", soon());
            assertThat(page.locator("#age")).hasText(Pattern.compile("data \\d+.s old"), soon());
            picture(visit, "lost");
            assertEquals(List.of(), Access.violations(page));
            int before = frames(page);
            server.startAgain();
            assertThat(page.locator("#state")).hasText(Pattern.compile("live.*"), soon());
            Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> frames(page) > before);
            assertEquals("0", resumed.getFirst(), "everything that is kept, the first time");
            assertTrue(resumed.getLast().matches("\\d{13}"), "behind the last frame that was seen: " + resumed);
        }
    }

    private static int frames(Page page) {
        return ((Number) page.evaluate("Number(document.body.dataset.frames)")).intValue();
    }

    @Test
    @Order(8)
    void aLockedServiceIsOpenedByItsKeyAloneAndDoesNothingWithoutAdmin(@TempDir Path dir) throws Exception {
        TestTls tls = TestTls.in(dir);
        Path keys = dir.resolve("keys");
        String admin = key(keys, Scope.ADMIN);
        String rank = key(keys, Scope.RANK);
        var guarded = new SecurityConfig.Guarded(tls.files(), keys, null, SecurityConfig.Rates.DEFAULT);
        try (PageServer server = new PageServer(service, dir, guarded);
                Visit visit = open(server.base(), Look.LIGHT)) {
            Page page = visit.page();
            awaitState(page, "a key is needed");
            assertThat(page.locator("#detail")).containsText("no key or token came", containing());
            assertThat(page.locator("#key")).isFocused();
            picture(visit, "locked");
            assertEquals(List.of(), Access.violations(page));
            give(page, rank);
            assertThat(page.locator("#detail")).containsText("this needs the scope 'admin'", containing());
            give(page, admin);
            assertThat(page.locator("#state")).hasText(Pattern.compile("live.*"), soon());
            assertThat(page.locator("[data-bus=learning]")).hasText("on", soon());
            assertEquals(
                    true,
                    page.evaluate(
                            "k => sessionStorage.getItem('millrace-key') === k && localStorage.length === 0 && document.cookie === ''",
                            admin));
            // The same page, with a key that may only rank.
            page.evaluate("k => sessionStorage.setItem('millrace-key', k)", rank);
            page.locator("button[data-order=hold]").click();
            page.locator("#order button[value=yes]").click();
            assertThat(page.locator("#said"))
                    .hasText("Let learning wait: nothing was done. The key in use lacks the scope admin.", soon());
            page.evaluate("k => sessionStorage.setItem('millrace-key', k)", admin);
            page.locator("button[data-order=hold]").click();
            page.locator("#order input[name=why]").fill("to look");
            page.locator("#order button[value=yes]").click();
            assertThat(page.locator("[data-bus=learning]")).hasText("held", soon());
            assertThat(page.locator("[data-bus=audit]")).containsText("to look", containing());
            page.locator("button[data-order=resume]").click();
            page.locator("#order button[value=yes]").click();
            assertThat(page.locator("[data-bus=learning]")).hasText("on", soon());
        }
    }

    private static void give(Page page, String key) {
        page.locator("#key").fill(key);
        page.locator("#key-form button[type=submit]").click();
    }

    private static String key(Path file, Scope scope) throws IOException {
        return new ApiKeys(file, Clock.systemUTC())
                .create(new KeyTerms("page", Set.of(scope), Set.of(), null), new SecureRandom())
                .key();
    }
}
