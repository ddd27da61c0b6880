package dev.millrace.ingest.feature;

import java.util.Optional;

/** What an {@code Envelope}'s bytes hold, in protobuf's wire format. */
public final class EncodedEnvelope {
    private static final int IMPRESSION = WireCursor.tag(1, WireCursor.LENGTH);

    private EncodedEnvelope() {}

    /** The impression, if that is all it holds and {@link EncodedImpression#check} takes it. */
    public static Optional<EncodedImpression> impression(byte[] bytes) {
        WireCursor in = new WireCursor(bytes, 0, bytes.length);
        try {
            if (in.hasMore() && in.tag() == IMPRESSION && in.length() == bytes.length - in.at) {
                return EncodedImpression.check(bytes, in.at, bytes.length);
            }
        } catch (WireCursor.Malformed e) {
            return Optional.empty();
        }
        return Optional.empty();
    }
}
