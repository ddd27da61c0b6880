package dev.millrace.api.monitor.window;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Keeps windows in a process of its own, to be killed; says now and then how many samples it has. */
final class WindowsProcess {
    static final Duration COMMIT = Duration.ofMillis(500);

    private WindowsProcess() {}

    static WindowStreams.Config config(String bootstrap, Path dir, String instance) {
        return new WindowStreams.Config(bootstrap, dir, instance, 2, COMMIT, Duration.ofSeconds(6), Duration.ofDays(1));
    }

    /** @param args Kafka's address, folder of the streams, name among those that share the work */
    public static void main(String[] args) throws InterruptedException {
        Windows windows = new Windows(VersionNumbers.NONE, 2, Clock.systemUTC());
        WindowStreams.Config config = config(args[0], Path.of(args[1]), args[2]);
        try (WindowStreams streams = WindowStreams.start(config, WindowWorld.MODELS, WindowWorld.CONFIG, windows)) {
            CountDownLatch never = new CountDownLatch(1);
            while (!never.await(20, TimeUnit.MILLISECONDS)) {
                long samples = windows.sums("shop", BucketKey.ALL, Length.DAY)
                        .quality()
                        .quality()
                        .samples();
                System.out.println(samples + " " + streams.running());
            }
        }
    }
}
