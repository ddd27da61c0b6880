package dev.millrace.deploy.bench.monitor;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.deploy.bench.Figure;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** How soon the page says something, and how smoothly it draws while all its charts move. */
final class PageBench {
    private static final int WIDTH = 1360;
    /** All charts are in the window, so all are drawn. */
    private static final int HEIGHT = 5000;

    private static final int LOADS = 7;
    private static final int CHARTS = 20;
    private static final int SECONDS = 30;
    private static final double PAINT_MS = 1000;
    private static final double FRAME_MS = 32;

    /** When the three answers had their first numbers and the screen was drawn with them, since the navigation began. */
    private static final String ANSWERED = """
            new Promise((done, fail) => {
              const end = performance.now() + 20000;
              const look = () => {
                const mark = performance.getEntriesByName('answered')[0];
                if (mark) requestAnimationFrame(() => setTimeout(() => done(performance.now()), 0));
                else if (performance.now() > end) fail(new Error('no answer in 20 s'));
                else setTimeout(look, 2);
              };
              look();
            })""";

    /** Milliseconds from frame to frame, and how many charts were drawn anew by more than half of the seconds. */
    private static final String FRAMES = """
            new Promise(done => {
              const begin = performance.now();
              const frames = [];
              const drawn = new Map();
              const clear = CanvasRenderingContext2D.prototype.clearRect;
              CanvasRenderingContext2D.prototype.clearRect = function (...at) {
                drawn.set(this.canvas, (drawn.get(this.canvas) ?? 0) + 1);
                return clear.apply(this, at);
              };
              let last = begin;
              const tick = now => {
                frames.push(now - last);
                last = now;
                if (now - begin < SECONDS * 1000) return requestAnimationFrame(tick);
                CanvasRenderingContext2D.prototype.clearRect = clear;
                done({ frames: frames.slice(1), charts: [...drawn.values()].filter(n => n > SECONDS / 2).length });
              };
              requestAnimationFrame(now => { last = now; requestAnimationFrame(tick); });
            })""".replace("SECONDS", Integer.toString(SECONDS));

    private final Path scratch;
    private final List<Figure> figures;

    PageBench(Path scratch, List<Figure> figures) {
        this.scratch = scratch;
        this.figures = figures;
    }

    /** Loads the page again and again, with nothing in the browser's cache. */
    double firstPaint(URI base, String name) throws IOException, InterruptedException {
        List<Double> took = new ArrayList<>();
        try (DevTools browser = start(name)) {
            // The first load of a browser is its own start too.
            for (int load = 0; load <= LOADS; load++) {
                browser.open(base.resolve("/?" + load));
                double ms = browser.evaluate(ANSWERED).asDouble();
                if (load > 0) {
                    took.add(ms);
                }
            }
        }
        return took.stream().sorted().toList().get(LOADS / 2);
    }

    /**
     * While people act: the page has stood for a while and is full of charts.
     *
     * @param flatOut whether nothing is left of the two cores
     */
    void frames(URI base, boolean flatOut) throws IOException, InterruptedException {
        String load = flatOut ? ", flat out" : "";
        try (DevTools browser = start("frames" + flatOut)) {
            browser.open(base);
            browser.evaluate(ANSWERED);
            JsonNode seen = browser.evaluate(FRAMES);
            List<Double> frames = new ArrayList<>();
            seen.path("frames").forEach(ms -> frames.add(ms.asDouble()));
            frames.sort(null);
            if (frames.size() < SECONDS) {
                throw new IOException("the browser drew " + frames.size() + " frames in " + SECONDS + " s");
            }
            double p95 = at(frames, 0.95);
            String name = "frame p95" + load;
            add(Figure.atLeast("charts that update" + load, seen.path("charts").asInt(), "", CHARTS));
            add(Figure.measured("frame p50" + load, at(frames, 0.5), "ms"));
            add(flatOut ? Figure.measured(name, p95, "ms") : Figure.atMost(name, p95, "ms", FRAME_MS));
            add(Figure.measured("frame p99" + load, at(frames, 0.99), "ms"));
            // A frame is shown at a beat of the screen: what misses one takes two.
            double late = (double) frames.stream().filter(ms -> ms > FRAME_MS).count() / frames.size();
            add(Figure.measured("frames above 32 ms" + load, late, ""));
        }
    }

    private static double at(List<Double> sorted, double quantile) {
        return sorted.get((int) (quantile * (sorted.size() - 1)));
    }

    /** Told at once too: a run that is cut short has said what it saw. */
    private void add(Figure figure) {
        System.err.println("millrace: " + figure);
        figures.add(figure);
    }

    private DevTools start(String name) throws IOException, InterruptedException {
        return DevTools.start(Files.createDirectories(scratch.resolve("browser-" + name)), WIDTH, HEIGHT);
    }

    void painted(String name, double ms, boolean target) {
        add(target ? Figure.atMost(name, ms, "ms", PAINT_MS) : Figure.measured(name, ms, "ms"));
    }
}
