package dev.millrace.deploy.evaluate;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;

/**
 * Requests in a text file, one JSON object a line, as {@link LoggedRequest} has them:
 *
 * <pre>
 * {"candidates":20,"meanScore":0.1,"bestScores":[0.4,0.3],"places":[{"score":0.4,"propensity":0.95,"bestPlace":1,"reward":1},…]}
 * </pre>
 */
public final class RequestFile {
    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .build();
    private static final ObjectReader READER = MAPPER.readerFor(LoggedRequest.class);
    private static final ObjectWriter WRITER = MAPPER.writerFor(LoggedRequest.class);

    private RequestFile() {}

    /** @throws IOException that names the line which cannot be read */
    public static void read(Path file, Consumer<LoggedRequest> out) throws IOException {
        try (BufferedReader lines = Files.newBufferedReader(file)) {
            long number = 0;
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                number++;
                if (line.isBlank()) {
                    continue;
                }
                try {
                    out.accept(READER.readValue(line));
                } catch (JsonProcessingException e) {
                    throw new IOException(file + ", line " + number + ": " + e.getOriginalMessage(), e);
                }
            }
        }
    }

    /** Takes requests to write; a failure is an {@link UncheckedIOException}. */
    public static Consumer<LoggedRequest> writer(Writer to) {
        return request -> {
            try {
                to.write(WRITER.writeValueAsString(request));
                to.write('\n');
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        };
    }
}
