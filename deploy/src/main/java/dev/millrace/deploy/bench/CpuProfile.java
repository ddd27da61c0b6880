package dev.millrace.deploy.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedFrame;
import jdk.jfr.consumer.RecordedStackTrace;
import jdk.jfr.consumer.RecordedThread;
import jdk.jfr.consumer.RecordingFile;

/**
 * Where this process spent its CPU time, from Flight Recorder's samples of running threads (Java code and native
 * methods, each thread looked at once in {@link #PERIOD}).
 *
 * @param parts share of each part of the work, largest first
 * @param frames share of the methods that ran, with their thread, largest first
 */
record CpuProfile(Map<String, Double> parts, Map<String, Double> frames) {
    private static final Duration PERIOD = Duration.ofMillis(10);
    private static final int TOP = 40;
    private static final String OTHER = "other";

    /** The part is the first line whose prefix begins the name of a frame's class, from the innermost frame out. */
    private static final Map<String, String> PARTS = prefixes();

    private static Map<String, String> prefixes() {
        Map<String, String> parts = new LinkedHashMap<>();
        parts.put("com.github.luben.zstd", "compression");
        parts.put("dev.millrace.ingest.feature", "vectorize");
        parts.put("dev.millrace.ingest.id", "vectorize");
        parts.put("dev.millrace.join.vector", "vectorize");
        parts.put("dev.millrace.ingest.sample", "blocks");
        parts.put("dev.millrace.join.match", "match");
        parts.put("dev.millrace.join.flink.BlockOperator", "blocks");
        parts.put("dev.millrace.join.flink.LogEventReader", "read events");
        parts.put("dev.millrace.join.flink.MatchFunction", "match");
        parts.put("dev.millrace.join.flink", "between tasks");
        parts.put("dev.millrace.ingest.proto", "protobuf");
        parts.put("com.google.protobuf", "protobuf");
        parts.put("org.apache.kafka.clients.producer", "Kafka producer");
        parts.put("org.apache.kafka.clients", "Kafka consumer");
        parts.put("org.apache.flink.runtime.state", "Flink state");
        parts.put("org.apache.flink.streaming.api.operators", "Flink operators");
        parts.put("org.apache.flink.connector", "Kafka connector");
        parts.put("org.apache.flink", "Flink");
        parts.put("kafka.", "broker");
        parts.put("org.apache.kafka", "broker");
        return parts;
    }

    /** Records until stopped. */
    static final class Recorder implements AutoCloseable {
        private final Recording recording = new Recording();

        private Recorder() {
            recording.enable("jdk.ExecutionSample").withPeriod(PERIOD);
            recording.enable("jdk.NativeMethodSample").withPeriod(PERIOD);
            recording.start();
        }

        CpuProfile stop() throws IOException {
            recording.stop();
            Path file = Files.createTempFile("millrace", ".jfr");
            try {
                recording.dump(file);
                return read(file);
            } finally {
                Files.deleteIfExists(file);
            }
        }

        @Override
        public void close() {
            recording.close();
        }
    }

    static Recorder record() {
        return new Recorder();
    }

    private static CpuProfile read(Path file) throws IOException {
        Map<String, Long> parts = new LinkedHashMap<>();
        Map<String, Long> frames = new LinkedHashMap<>();
        long all = 0;
        try (RecordingFile recording = new RecordingFile(file)) {
            while (recording.hasMoreEvents()) {
                RecordedEvent event = recording.readEvent();
                RecordedStackTrace stack = event.getStackTrace();
                if (stack == null || stack.getFrames().isEmpty() || waits(stack.getFrames())) {
                    continue;
                }
                all++;
                RecordedThread thread = event.getThread("sampledThread");
                String name = thread == null || thread.getJavaName() == null ? "" : thread.getJavaName();
                parts.merge(part(stack.getFrames()), 1L, Long::sum);
                frames.merge(thread(name) + " " + method(stack.getFrames().get(0)), 1L, Long::sum);
            }
        }
        return new CpuProfile(shares(parts, all), shares(frames, all));
    }

    /** Native methods that wait for others are sampled as if they ran. */
    private static boolean waits(List<RecordedFrame> frames) {
        String method = method(frames.get(0));
        return method.contains("EPoll.wait") || method.contains("accept") || method.contains("Unsafe.park");
    }

    private static String part(List<RecordedFrame> frames) {
        for (RecordedFrame frame : frames) {
            String type = frame.getMethod().getType().getName();
            for (Map.Entry<String, String> part : PARTS.entrySet()) {
                if (type.startsWith(part.getKey())) {
                    return part.getValue();
                }
            }
        }
        return OTHER;
    }

    private static String method(RecordedFrame frame) {
        String type = frame.getMethod().getType().getName();
        return type.substring(type.lastIndexOf('.') + 1) + "."
                + frame.getMethod().getName();
    }

    /** A thread's name without its numbers. */
    private static String thread(String name) {
        return "[" + name.replaceAll("[0-9]+", "").replaceAll("\\s.*", "").toLowerCase(Locale.ROOT) + "]";
    }

    private static Map<String, Double> shares(Map<String, Long> counts, long all) {
        return counts.entrySet().stream()
                .sorted(Map.Entry.<String, Long>comparingByValue().reversed())
                .limit(TOP)
                .collect(Collectors.toMap(
                        Map.Entry::getKey, e -> (double) e.getValue() / all, (a, b) -> a, LinkedHashMap::new));
    }

    /** For a person. */
    String text() {
        StringBuilder text = new StringBuilder("CPU by part of the work:\n");
        parts.forEach((part, share) -> text.append(String.format(Locale.ROOT, "  %5.1f %%  %s%n", share * 100, part)));
        text.append("CPU by method:\n");
        frames.forEach(
                (frame, share) -> text.append(String.format(Locale.ROOT, "  %5.1f %%  %s%n", share * 100, frame)));
        return text.toString();
    }
}
