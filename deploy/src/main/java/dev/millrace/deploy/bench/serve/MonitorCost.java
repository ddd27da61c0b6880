package dev.millrace.deploy.bench.serve;

import dev.millrace.deploy.bench.Figure;
import dev.millrace.deploy.bench.ServiceProcess;
import dev.millrace.load.client.MillraceClient;
import dev.millrace.load.open.HttpLoad;
import dev.millrace.load.open.LoadResult;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What monitoring takes from serving: two services alike but for {@code --no-monitoring}, each with its whole loop, ranking
 * as much as they can in turns; the one that monitors has a page's stream open. A turn begins when the one before has
 * been learned.
 */
public final class MonitorCost {
    private static final int CONNECTIONS = 16;
    private static final int TURNS = 5;
    private static final Duration LONG_WARM_UP = Duration.ofSeconds(12);
    private static final Duration WARM_UP = Duration.ofSeconds(1);
    private static final Duration MEASURED = Duration.ofSeconds(5);
    private static final double LEAST = 0.95;
    private static final long LOOK_MS = 500;
    /** Negatives come to the end of their window without a pause as long. */
    private static final int STILL_LOOKS = 4;

    private static final int MOST_LOOKS = 120;

    private final Path launcher;
    private final Path scratch;

    public MonitorCost(Path home, Path scratch) {
        this.launcher = home.resolve("deploy").resolve("millrace");
        this.scratch = scratch;
    }

    /** One of the two, and what it was seen to rank. */
    private record Side(String name, ServiceProcess service, List<Double> rates) {
        LoadResult load(Duration warmUp, Duration measured) throws IOException {
            URI base = service.baseUri();
            var options = new HttpLoad.Options(
                    new InetSocketAddress(base.getHost(), base.getPort()), CONNECTIONS, warmUp, measured);
            return Turns.said(name, HttpLoad.closed(options, new LoopLoad.Mixed(base.getAuthority())));
        }

        double median() {
            return rates.stream().sorted().toList().get(rates.size() / 2);
        }
    }

    public void run(List<Figure> figures) throws IOException, InterruptedException {
        Path spec = Files.writeString(scratch.resolve("watched.yml"), LoopLoad.WORLD.spec());
        try (ServiceProcess on = ServiceProcess.start(launcher, spec, scratch.resolve("on"));
                ServiceProcess off = ServiceProcess.start(launcher, spec, scratch.resolve("off"), "--no-monitoring");
                Watcher watcher = new Watcher(on.baseUri())) {
            List<Side> sides = List.of(
                    new Side("monitored", on, new ArrayList<>()), new Side("not monitored", off, new ArrayList<>()));
            for (Side side : sides) {
                try (MillraceClient client = new MillraceClient(side.service().baseUri())) {
                    LoopLoad.store(client);
                }
                side.load(Duration.ZERO, LONG_WARM_UP);
                awaitLearned(side);
            }
            for (int turn = 0; turn < TURNS; turn++) {
                for (Side side : turn % 2 == 0 ? sides : sides.reversed()) {
                    LoadResult result = side.load(WARM_UP, MEASURED);
                    if (result.failed() > 0) {
                        throw new IOException(side.name() + ": " + result.text());
                    }
                    side.rates().add(result.first().ok() / result.seconds());
                    awaitLearned(side);
                }
            }
            double monitored = sides.getFirst().median();
            double not = sides.getLast().median();
            figures.add(Figure.measured("ranked, monitored", monitored, "/s"));
            figures.add(Figure.measured("ranked, not monitored", not, "/s"));
            figures.add(Figure.atLeast("ranked, monitored / not", monitored / not, "", LEAST));
            figures.add(Figure.atLeast("frames that the stream told", watcher.frames(), "", TURNS));
        }
    }

    private static void awaitLearned(Side side) throws IOException, InterruptedException {
        try (MillraceClient client = new MillraceClient(side.service().baseUri())) {
            long before = -1;
            int still = 0;
            for (int look = 0; look < MOST_LOOKS; look++) {
                long now = client.model(LoopLoad.WORLD.model()).samplesLearned();
                still = now == before ? still + 1 : 0;
                if (still == STILL_LOOKS) {
                    return;
                }
                before = now;
                TimeUnit.MILLISECONDS.sleep(LOOK_MS);
            }
        }
        throw new IOException(side.name() + " does not come to an end of learning");
    }

    /** Reads the stream as a page does. */
    private static final class Watcher implements AutoCloseable {
        private final HttpClient client = HttpClient.newHttpClient();
        private volatile long frames;
        private volatile @Nullable InputStream open;

        Watcher(URI base) {
            Thread.ofVirtual().start(() -> read(base));
        }

        private void read(URI base) {
            try {
                HttpResponse<InputStream> stream = client.send(
                        HttpRequest.newBuilder(base.resolve("/v1/monitor/stream?after=0"))
                                .build(),
                        HttpResponse.BodyHandlers.ofInputStream());
                open = stream.body();
                var lines = new java.io.BufferedReader(
                        new java.io.InputStreamReader(stream.body(), java.nio.charset.StandardCharsets.UTF_8));
                long seen = 0;
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                    if (line.startsWith("id:")) {
                        frames = ++seen;
                    }
                }
            } catch (IOException e) {
                // The service has ended, or the figures are done.
                System.err.println("millrace: the stream ended after " + frames + " frames");
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        long frames() {
            return frames;
        }

        @Override
        public void close() throws IOException {
            InputStream stream = open;
            if (stream != null) {
                stream.close();
            }
            client.shutdownNow();
        }
    }
}
