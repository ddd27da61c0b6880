package dev.millrace.ingest.feature;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.millrace.ingest.proto.Features;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class FeatureCodecTest {
    private static final RawFeatures AGE = RawFeatures.of(Map.of("user.age", new FeatureValue.Numeric(3)));
    private static final RawFeatures PRICE = RawFeatures.of(Map.of("item.price", new FeatureValue.Numeric(4)));

    private static List<String> names(FeatureCodec.Dictionary dictionary) {
        List<String> names = new ArrayList<>();
        dictionary.names().forEach(names::add);
        return names;
    }

    @Test
    void keptAttributesAreEncodedOnceForASharedDictionary() throws InvalidProtocolBufferException {
        FeatureCodec.Dictionary shared = FeatureCodec.Dictionary.shared();
        RawFeatures kept = PRICE.kept();
        byte[] first = FeatureCodec.bytes(kept, shared);
        FeatureCodec.encode(AGE, shared);
        assertSame(first, FeatureCodec.bytes(kept, shared));
        assertEquals(PRICE, FeatureCodec.decode(Features.parseFrom(first), names(shared)));

        FeatureCodec.Dictionary next = FeatureCodec.Dictionary.shared();
        Features age = FeatureCodec.encode(AGE, next);
        byte[] again = FeatureCodec.bytes(kept, next);
        assertNotSame(first, again);
        assertEquals(AGE, FeatureCodec.decode(age, names(next)));
        assertEquals(PRICE, FeatureCodec.decode(Features.parseFrom(again), names(next)));
    }
}
