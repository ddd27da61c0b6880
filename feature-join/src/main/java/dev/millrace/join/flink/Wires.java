package dev.millrace.join.flink;

import dev.millrace.ingest.feature.EncodedImpression;
import dev.millrace.ingest.feature.FeatureVector;
import dev.millrace.ingest.proto.Action;
import dev.millrace.ingest.sample.SampleBlockBuilder;
import dev.millrace.join.vector.Sample;
import java.io.IOException;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/** The records between the operators, and their bytes. */
final class Wires {
    static final TypeInformation<LogEvent> LOG_EVENT = new WireType<>(LogEvent.class, new LogEventCodec());
    static final TypeInformation<Sample> SAMPLE = new WireType<>(Sample.class, new SampleCodec());
    static final TypeInformation<TopicRecord> TOPIC_RECORD = new WireType<>(TopicRecord.class, new TopicRecordCodec());

    private Wires() {}

    private static void writeBytes(byte[] bytes, DataOutputView out) throws IOException {
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    private static byte[] readBytes(DataInputView in) throws IOException {
        byte[] bytes = new byte[in.readInt()];
        in.readFully(bytes);
        return bytes;
    }

    private static final class LogEventCodec implements WireType.Codec<LogEvent> {
        private static final long serialVersionUID = 1;

        private static final int SHOWN = 1;
        private static final int ACTED = 2;
        private static final int BEAT = 3;
        private static final int UNREADABLE = 4;

        @Override
        public void write(LogEvent event, DataOutputView out) throws IOException {
            if (event instanceof LogEvent.Shown shown) {
                EncodedImpression impression = shown.impression();
                out.writeByte(SHOWN);
                out.writeLong(shown.recordTimeMs());
                out.writeInt(impression.to() - impression.from());
                out.write(impression.array(), impression.from(), impression.to() - impression.from());
            } else if (event instanceof LogEvent.Acted acted) {
                out.writeByte(ACTED);
                out.writeLong(acted.recordTimeMs());
                writeBytes(acted.action().toByteArray(), out);
            } else if (event instanceof LogEvent.Beat beat) {
                out.writeByte(BEAT);
                out.writeLong(beat.timeMs());
            } else {
                out.writeByte(UNREADABLE);
                writeBytes(((LogEvent.Unreadable) event).bytes(), out);
            }
        }

        @Override
        public LogEvent read(DataInputView in) throws IOException {
            int kind = in.readByte();
            return switch (kind) {
                case SHOWN -> {
                    long recordTimeMs = in.readLong();
                    byte[] bytes = readBytes(in);
                    yield new LogEvent.Shown(EncodedImpression.trusted(bytes, 0, bytes.length), recordTimeMs);
                }
                case ACTED -> {
                    long recordTimeMs = in.readLong();
                    yield new LogEvent.Acted(Action.parseFrom(readBytes(in)), recordTimeMs);
                }
                case BEAT -> new LogEvent.Beat(in.readLong());
                case UNREADABLE -> new LogEvent.Unreadable(readBytes(in));
                default -> throw new IOException("log event of kind " + kind);
            };
        }
    }

    private static final class SampleCodec implements WireType.Codec<Sample> {
        private static final long serialVersionUID = 1;

        @Override
        public void write(Sample sample, DataOutputView out) throws IOException {
            out.writeUTF(sample.model());
            SampleBlockBuilder.Meta meta = sample.meta();
            out.writeLong(meta.sampleId());
            out.writeLong(meta.requestHash());
            out.writeLong(meta.actionHash());
            out.writeFloat(meta.label());
            out.writeFloat(meta.weight());
            out.writeFloat(meta.keepRate());
            out.writeFloat(meta.servedScore());
            out.writeLong(meta.modelVersion());
            out.writeLong(meta.eventTimeMs());
            out.writeByte(meta.flags());
            out.writeShort(meta.more().length);
            for (float more : meta.more()) {
                out.writeFloat(more);
            }
            FeatureVector vector = sample.vector();
            out.writeInt(vector.size());
            for (int i = 0; i < vector.size(); i++) {
                out.writeLong(vector.id(i));
                out.writeFloat(vector.value(i));
            }
        }

        private static float[] readFloats(DataInputView in) throws IOException {
            float[] floats = new float[in.readShort()];
            for (int i = 0; i < floats.length; i++) {
                floats[i] = in.readFloat();
            }
            return floats;
        }

        @Override
        public Sample read(DataInputView in) throws IOException {
            String model = in.readUTF();
            var meta = new SampleBlockBuilder.Meta(
                    in.readLong(),
                    in.readLong(),
                    in.readLong(),
                    in.readFloat(),
                    in.readFloat(),
                    in.readFloat(),
                    in.readFloat(),
                    in.readLong(),
                    in.readLong(),
                    in.readByte(),
                    readFloats(in));
            FeatureVector vector = new FeatureVector();
            for (int left = in.readInt(); left > 0; left--) {
                vector.add(in.readLong(), in.readFloat());
            }
            return new Sample(model, meta, vector);
        }
    }

    private static final class TopicRecordCodec implements WireType.Codec<TopicRecord> {
        private static final long serialVersionUID = 1;

        @Override
        public void write(TopicRecord record, DataOutputView out) throws IOException {
            out.writeUTF(record.topic());
            writeBytes(record.value(), out);
        }

        @Override
        public TopicRecord read(DataInputView in) throws IOException {
            return new TopicRecord(in.readUTF(), readBytes(in));
        }
    }
}
