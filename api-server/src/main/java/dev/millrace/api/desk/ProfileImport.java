package dev.millrace.api.desk;

import dev.millrace.api.json.Ids;
import dev.millrace.api.problem.Problem;
import dev.millrace.api.problem.ProblemException;
import dev.millrace.ingest.feature.RawFeatures;
import dev.millrace.ingest.profile.ProfileStore.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** One import of lines, {@value #BATCH} stored at a time; holds one batch and one line. One thread's. */
final class ProfileImport {
    private static final int BATCH = 500;
    private static final int FIRST_BUFFER = 1 << 16;
    private static final int MAX_LINE = 1 << 20;

    private final Kind kind;
    private final Store store;
    private final Map<String, RawFeatures> batch = new LinkedHashMap<>();
    private final List<ImportAnswer.LineError> errors = new ArrayList<>();
    private byte[] line = new byte[FIRST_BUFFER];
    private long number = 1;
    private long stored;
    private long failed;

    /** Takes whole batches. */
    interface Store {
        void put(Map<String, RawFeatures> batch) throws IOException;
    }

    ProfileImport(Kind kind, Store store) {
        this.kind = kind;
        this.store = store;
    }

    ImportAnswer run(InputStream lines) throws IOException {
        byte[] chunk = new byte[FIRST_BUFFER];
        int length = 0;
        for (int n = lines.read(chunk); n >= 0; n = lines.read(chunk)) {
            for (int i = 0; i < n; i++) {
                if (chunk[i] == '\n') {
                    take(length);
                    length = 0;
                } else if (length <= MAX_LINE) {
                    length = add(chunk[i], length);
                }
            }
        }
        take(length);
        flush();
        if (stored + failed == 0) {
            throw new ProblemException(
                    Problem.invalid(null, "the body has no line", "send {\"id\": …, \"features\": {…}}, one a line"));
        }
        return new ImportAnswer(stored, failed, errors);
    }

    private int add(byte b, int length) {
        if (length == line.length) {
            line = Arrays.copyOf(line, 2 * length);
        }
        line[length] = b;
        return length + 1;
    }

    /** The same of what has no lines; an error's line is its place, from 1. */
    ImportAnswer run(List<ProfileDesk.Unread> profiles) throws IOException {
        for (ProfileDesk.Unread profile : profiles) {
            take(() -> new ProfileReader.Line(
                    Ids.check("id", profile.id()), ProfileReader.whole(profile.features(), kind)));
        }
        flush();
        return new ImportAnswer(stored, failed, errors);
    }

    private void take(int length) throws IOException {
        if (blank(length)) {
            number++;
        } else {
            take(() -> {
                if (length > MAX_LINE) {
                    throw new ProblemException(Problem.invalid(
                            null, "the line is too long", "send at most " + MAX_LINE + " bytes a line"));
                }
                return ProfileReader.line(line, 0, length, kind);
            });
        }
    }

    private void take(Supplier<ProfileReader.Line> one) throws IOException {
        try {
            ProfileReader.Line read = one.get();
            batch.put(read.id(), read.features());
            stored++;
        } catch (ProblemException e) {
            failed++;
            if (errors.size() < ImportAnswer.MAX_ERRORS) {
                errors.add(ImportAnswer.LineError.of(number, e.problem()));
            }
        }
        number++;
        if (batch.size() == BATCH) {
            flush();
        }
    }

    private boolean blank(int length) {
        for (int i = 0; i < length; i++) {
            if (line[i] > ' ' || line[i] < 0) {
                return false;
            }
        }
        return true;
    }

    private void flush() throws IOException {
        if (!batch.isEmpty()) {
            store.put(batch);
            batch.clear();
        }
    }
}
