package dev.millrace.api.http;

import dev.millrace.api.rank.RankAnswer;
import io.micronaut.core.order.Ordered;
import io.micronaut.core.type.Argument;
import io.micronaut.core.type.MutableHeaders;
import io.micronaut.http.HttpHeaders;
import io.micronaut.http.MediaType;
import io.micronaut.http.annotation.Produces;
import io.micronaut.http.body.MessageBodyWriter;
import io.micronaut.http.codec.CodecException;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.OutputStream;

/** Writes answers as the JSON that Micronaut would make of them, without looking at each. */
@Singleton
@Produces(MediaType.APPLICATION_JSON)
public final class RankAnswerWriter implements MessageBodyWriter<RankAnswer>, Ordered {
    @Override
    public int getOrder() {
        return HIGHEST_PRECEDENCE;
    }

    @Override
    public void writeTo(
            Argument<RankAnswer> type, MediaType mediaType, RankAnswer answer, MutableHeaders headers, OutputStream out)
            throws CodecException {
        headers.set(HttpHeaders.CONTENT_TYPE, MediaType.APPLICATION_JSON_TYPE);
        try {
            out.write(RankAnswerJson.of(answer));
        } catch (IOException e) {
            throw new CodecException("an answer was not written", e);
        }
    }
}
