package dev.millrace.ingest.profile;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.millrace.ingest.feature.FeatureCodec;
import dev.millrace.ingest.feature.RawFeatures;
import dev.millrace.ingest.proto.LiveRow;
import dev.millrace.ingest.proto.Profile;
import java.nio.charset.StandardCharsets;

/**
 * Profiles as a store keeps them: key = one byte of kind, then the id in UTF-8; value = {@link Profile}. Real-time rows
 * beside them: {@link LiveKeys} to {@link LiveRow}.
 */
public final class ProfileCodec {
    private ProfileCodec() {}

    public static byte[] key(ProfileStore.Kind kind, String id) {
        byte[] text = id.getBytes(StandardCharsets.UTF_8);
        byte[] key = new byte[text.length + 1];
        key[0] = (byte) (kind == ProfileStore.Kind.USER ? 'u' : 'i');
        System.arraycopy(text, 0, key, 1, text.length);
        return key;
    }

    public static byte[] encode(RawFeatures features) {
        var dictionary = new FeatureCodec.Dictionary();
        Profile.Builder profile = Profile.newBuilder().setFeatures(FeatureCodec.encode(features, dictionary));
        return profile.addAllNames(dictionary.names()).build().toByteArray();
    }

    public static RawFeatures decode(byte[] value) {
        try {
            Profile profile = Profile.parseFrom(value);
            return FeatureCodec.decode(profile.getFeatures(), profile.getNamesList());
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException("profile store: a stored profile cannot be read", e);
        }
    }

    public static LiveRow row(byte[] value) {
        try {
            return LiveRow.parseFrom(value);
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException("profile store: a stored real-time row cannot be read", e);
        }
    }
}
