package dev.millrace.load.replay;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * CSV of what the client saw, one row an item shown: times in milliseconds since the epoch, empty where there is none.
 * Rows of one request stand together, requests in the order in which they were settled. Shared by the players.
 */
final class Predictions implements AutoCloseable {
    static final String HEADER = "requestId,user,item,score,label,sentMs,receivedMs,actionMs,servedMs";

    private final BufferedWriter out;

    Predictions(Path file) throws IOException {
        out = Files.newBufferedWriter(file);
        out.write(HEADER + "\n");
    }

    synchronized void add(Played played) {
        String user = played.rank().user();
        try {
            for (Played.Shown shown : played.shown()) {
                out.write(quoted(played.rank().requestId()));
                out.write(',' + (user == null ? "" : quoted(user)));
                out.write(',' + quoted(shown.item()));
                out.write(',' + Double.toString(shown.score()));
                out.write(',' + label(shown.label()));
                out.write("," + played.sentMs() + "," + played.receivedMs());
                out.write(',' + time(shown.actionMs()) + ',' + time(shown.servedMs()) + '\n');
            }
        } catch (IOException e) {
            throw new UncheckedIOException("predictions cannot be written", e);
        }
    }

    private static String label(double label) {
        if (Double.isNaN(label)) {
            return "";
        }
        return label == Math.rint(label) ? Long.toString((long) label) : Double.toString(label);
    }

    private static String time(long timeMs) {
        return timeMs == Played.NEVER ? "" : Long.toString(timeMs);
    }

    private static String quoted(String text) {
        boolean plain = text.chars().noneMatch(c -> c == ',' || c == '"' || c == '\n' || c == '\r');
        return plain ? text : '"' + text.replace("\"", "\"\"") + '"';
    }

    @Override
    public synchronized void close() throws IOException {
        out.close();
    }
}
