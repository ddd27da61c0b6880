package dev.millrace.api.rank;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.WireFormat;
import dev.millrace.ingest.feature.FeatureCodec;
import dev.millrace.ingest.feature.RawFeatures;
import dev.millrace.ingest.proto.Envelope;
import dev.millrace.ingest.proto.Exposure;
import dev.millrace.ingest.proto.Impression;
import dev.millrace.ingest.proto.ShownItem;
import dev.millrace.ingest.spec.ModelSpec;
import java.io.IOException;
import java.util.List;

/** Makes the log's record of an answer: what was returned, with the raw features that scored it. */
final class Impressions {
    private Impressions() {}

    /**
     * The impression in its {@link Envelope}, encoded: each shown item's features as the bytes that they were made into
     * once. It is on the log of the model that the answering one learns from.
     */
    static byte[] of(
            RankRequest request, Scored scored, RankAnswer answer, long timeMs, FeatureCodec.Dictionary dictionary) {
        Policy policy = scored.answered().policy();
        ModelSpec spec = policy.weights().spec();
        Impression.Builder out = Impression.newBuilder()
                .setRequestId(request.requestId())
                .setModel(spec.learnsFrom())
                .setTimeMs(timeMs)
                .setSpecFingerprint(policy.fingerprint())
                .setModelVersion(answer.modelVersion())
                .setFeatures(FeatureCodec.encode(scored.request(), dictionary));
        if (spec.learnsFromAnother()) {
            out.setScoredBy(spec.model());
        }
        if (request.user() != null) {
            out.setUser(request.user());
        }
        if (request.session() != null) {
            out.setSession(request.session());
        }
        out.addAllOthers(scored.answered().others());
        Exposure exposure = scored.answered().exposure();
        if (exposure != null) {
            out.setExposure(exposure);
        }
        Shown shown = scored.answered().listed().shown();
        byte[][] features = new byte[shown.order().length][];
        for (int i = 0; i < features.length; i++) {
            features[i] = FeatureCodec.bytes(scored.items().get(shown.order()[i]), dictionary);
        }
        if (shown.exploration() != null) {
            out.setExploration(shown.exploration());
        }
        return envelope(out.addAllNames(dictionary.names()).build(), answer, shown, features);
    }

    /** Fields of a message may come in any order: the items behind all others. */
    private static byte[] envelope(Impression head, RankAnswer answer, Shown shown, byte[][] features) {
        int size = head.getSerializedSize();
        int[] sizes = new int[features.length];
        for (int i = 0; i < sizes.length; i++) {
            sizes[i] = itemSize(answer.items().get(i), shown.bestPlace(i), features[i]);
            size += CodedOutputStream.computeTagSize(Impression.ITEMS_FIELD_NUMBER)
                    + CodedOutputStream.computeUInt32SizeNoTag(sizes[i])
                    + sizes[i];
        }
        byte[] envelope = new byte
                [CodedOutputStream.computeTagSize(Envelope.IMPRESSION_FIELD_NUMBER)
                        + CodedOutputStream.computeUInt32SizeNoTag(size)
                        + size];
        CodedOutputStream out = CodedOutputStream.newInstance(envelope);
        try {
            out.writeTag(Envelope.IMPRESSION_FIELD_NUMBER, WireFormat.WIRETYPE_LENGTH_DELIMITED);
            out.writeUInt32NoTag(size);
            head.writeTo(out);
            for (int i = 0; i < sizes.length; i++) {
                out.writeTag(Impression.ITEMS_FIELD_NUMBER, WireFormat.WIRETYPE_LENGTH_DELIMITED);
                out.writeUInt32NoTag(sizes[i]);
                item(answer.items().get(i), shown.bestPlace(i), features[i], out);
            }
            out.checkNoSpaceLeft();
            return envelope;
        } catch (IOException e) {
            throw new IllegalStateException("an impression has another size than was computed", e);
        }
    }

    private static int itemSize(RankAnswer.Ranked ranked, int bestPlace, byte[] features) {
        return CodedOutputStream.computeStringSize(ShownItem.ITEM_FIELD_NUMBER, ranked.item())
                + CodedOutputStream.computeFloatSize(ShownItem.SCORE_FIELD_NUMBER, ranked.score())
                + CodedOutputStream.computeFloatSize(ShownItem.PROPENSITY_FIELD_NUMBER, ranked.propensity())
                + CodedOutputStream.computeByteArraySize(ShownItem.FEATURES_FIELD_NUMBER, features)
                + headsSize(ranked.heads().size())
                + (bestPlace == 0
                        ? 0
                        : CodedOutputStream.computeUInt32Size(ShownItem.BEST_PLACE_FIELD_NUMBER, bestPlace));
    }

    /** Packed floats with their length. */
    private static int headsSize(int heads) {
        int bytes = heads * Float.BYTES;
        return heads == 0
                ? 0
                : CodedOutputStream.computeTagSize(ShownItem.HEAD_SCORES_FIELD_NUMBER)
                        + CodedOutputStream.computeUInt32SizeNoTag(bytes)
                        + bytes;
    }

    private static void item(RankAnswer.Ranked ranked, int bestPlace, byte[] features, CodedOutputStream out)
            throws IOException {
        out.writeString(ShownItem.ITEM_FIELD_NUMBER, ranked.item());
        out.writeFloat(ShownItem.SCORE_FIELD_NUMBER, ranked.score());
        out.writeFloat(ShownItem.PROPENSITY_FIELD_NUMBER, ranked.propensity());
        out.writeByteArray(ShownItem.FEATURES_FIELD_NUMBER, features);
        if (bestPlace != 0) {
            out.writeUInt32(ShownItem.BEST_PLACE_FIELD_NUMBER, bestPlace);
        }
        if (!ranked.heads().isEmpty()) {
            out.writeTag(ShownItem.HEAD_SCORES_FIELD_NUMBER, WireFormat.WIRETYPE_LENGTH_DELIMITED);
            out.writeUInt32NoTag(ranked.heads().size() * Float.BYTES);
            for (float score : ranked.heads().values()) {
                out.writeFloatNoTag(score);
            }
        }
    }

    /**
     * A request's raw features as they were scored.
     *
     * @param items of all candidates
     */
    record Scored(RawFeatures request, List<RawFeatures> items, Ranker.Answered answered) {}
}
