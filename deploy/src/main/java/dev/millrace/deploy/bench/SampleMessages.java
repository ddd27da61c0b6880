package dev.millrace.deploy.bench;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.WireFormat;
import dev.millrace.ingest.feature.FeatureVector;
import dev.millrace.ingest.sample.SampleBlockBuilder;
import dev.millrace.join.vector.Sample;
import java.io.IOException;

/**
 * The peer of sample blocks: one protobuf message a sample, as protoc's code would write and read it, without its
 * objects: no slower than that.
 *
 * <pre>
 *  message Sample {
 *    fixed64 sample_id = 1;  fixed64 request_hash = 2;  fixed64 action_hash = 3;  float label = 4;  float weight = 5;
 *    float keep_rate = 6;  float served_score = 7;  int64 model_version = 8;  int64 event_time_ms = 9;  uint32 flags = 10;
 *    repeated fixed64 feature_ids = 11;  repeated float feature_values = 12;  // left out when all are 1
 *  }
 * </pre>
 */
final class SampleMessages {
    private static final int IDS = 11;
    private static final int VALUES = 12;
    /** Of all but the features. */
    private static final int HEAD_BYTES = 96;

    private SampleMessages() {}

    static byte[] write(Sample sample) throws IOException {
        FeatureVector vector = sample.vector();
        byte[] bytes = new byte[HEAD_BYTES + vector.size() * (Long.BYTES + Float.BYTES)];
        CodedOutputStream out = CodedOutputStream.newInstance(bytes);
        SampleBlockBuilder.Meta meta = sample.meta();
        out.writeFixed64(1, meta.sampleId());
        out.writeFixed64(2, meta.requestHash());
        if (meta.actionHash() != 0) {
            out.writeFixed64(3, meta.actionHash());
        }
        if (meta.label() != 0) {
            out.writeFloat(4, meta.label());
        }
        out.writeFloat(5, meta.weight());
        out.writeFloat(6, meta.keepRate());
        out.writeFloat(7, meta.servedScore());
        out.writeInt64(8, meta.modelVersion());
        out.writeInt64(9, meta.eventTimeMs());
        if (meta.flags() != 0) {
            out.writeUInt32(10, meta.flags());
        }
        out.writeTag(IDS, WireFormat.WIRETYPE_LENGTH_DELIMITED);
        out.writeUInt32NoTag(vector.size() * Long.BYTES);
        for (int i = 0; i < vector.size(); i++) {
            out.writeFixed64NoTag(vector.id(i));
        }
        if (!allOnes(vector)) {
            out.writeTag(VALUES, WireFormat.WIRETYPE_LENGTH_DELIMITED);
            out.writeUInt32NoTag(vector.size() * Float.BYTES);
            for (int i = 0; i < vector.size(); i++) {
                out.writeFloatNoTag(vector.value(i));
            }
        }
        return java.util.Arrays.copyOf(bytes, out.getTotalBytesWritten());
    }

    private static boolean allOnes(FeatureVector vector) {
        for (int i = 0; i < vector.size(); i++) {
            if (vector.value(i) != 1f) {
                return false;
            }
        }
        return true;
    }

    /** Reads everything into one vector. @return the sum of what was read, so that the reading cannot be left out */
    static long read(byte[] bytes, int from, int length, FeatureVector vector) throws IOException {
        CodedInputStream in = CodedInputStream.newInstance(bytes, from, length);
        vector.clear();
        long sum = 0;
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            switch (WireFormat.getTagFieldNumber(tag)) {
                case 1, 2, 3 -> sum += in.readFixed64();
                case 4, 5, 6, 7 -> sum += (long) in.readFloat();
                case 8, 9 -> sum += in.readInt64();
                case IDS -> {
                    int limit = in.pushLimit(in.readRawVarint32());
                    while (in.getBytesUntilLimit() > 0) {
                        vector.add(in.readFixed64(), 1f);
                    }
                    in.popLimit(limit);
                }
                default -> in.skipField(tag);
            }
        }
        return sum + vector.size();
    }
}
