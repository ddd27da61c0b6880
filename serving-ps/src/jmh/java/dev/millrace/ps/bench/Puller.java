package dev.millrace.ps.bench;

import dev.millrace.ps.bench.proto.PullReply;
import dev.millrace.ps.bench.proto.PullRequest;
import dev.millrace.ps.bench.proto.PullVarintRequest;
import dev.millrace.ps.bench.proto.PullsGrpc;
import dev.millrace.ps.wire.FlatClient;
import dev.millrace.ps.wire.FlatReply;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.stub.StreamObserver;
import org.jspecify.annotations.Nullable;

/** One way to pull rows. */
interface Puller extends AutoCloseable {
    /** Called once for each pull, on whatever thread. */
    interface Done {
        void done(@Nullable Throwable failure);
    }

    void pull(long[] keys, float[] weights, Done done);

    @Override
    void close();

    static Puller flat(FlatClient client, int op) {
        return new Puller() {
            @Override
            public void pull(long[] keys, float[] weights, Done done) {
                var unused = client.call(op, keys.length * Long.BYTES, target -> {
                            target.asLongBuffer().put(keys);
                            target.position(target.limit());
                        })
                        .whenComplete((reply, failure) -> take(reply, failure, weights, done));
            }

            private static void take(
                    @Nullable FlatReply reply, @Nullable Throwable failure, float[] weights, Done done) {
                if (reply != null) {
                    reply.body().asFloatBuffer().get(weights);
                    reply.close();
                }
                done.done(failure);
            }

            @Override
            public void close() {
                client.close();
            }
        };
    }

    /** Packed fixed-width numbers; default settings of gRPC-Java and of its stub. */
    static Puller messages(int port) {
        return new MessagePuller(port) {
            @Override
            void send(long[] keys, StreamObserver<PullReply> observer) {
                PullRequest.Builder request = PullRequest.newBuilder();
                for (long key : keys) {
                    request.addKeys(key);
                }
                stub.pull(request.build(), observer);
            }
        };
    }

    /** Packed varints, which random keys make longer. */
    static Puller varints(int port) {
        return new MessagePuller(port) {
            @Override
            void send(long[] keys, StreamObserver<PullReply> observer) {
                PullVarintRequest.Builder request = PullVarintRequest.newBuilder();
                for (long key : keys) {
                    request.addKeys(key);
                }
                stub.pullVarint(request.build(), observer);
            }
        };
    }

    abstract class MessagePuller implements Puller {
        private final ManagedChannel channel;
        final PullsGrpc.PullsStub stub;

        MessagePuller(int port) {
            channel = Grpc.newChannelBuilderForAddress("127.0.0.1", port, InsecureChannelCredentials.create())
                    .build();
            stub = PullsGrpc.newStub(channel);
        }

        abstract void send(long[] keys, StreamObserver<PullReply> observer);

        @Override
        public void pull(long[] keys, float[] weights, Done done) {
            send(keys, new StreamObserver<>() {
                @Override
                public void onNext(PullReply reply) {
                    for (int i = 0; i < weights.length; i++) {
                        weights[i] = reply.getValues(i);
                    }
                }

                @Override
                public void onError(Throwable failure) {
                    done.done(failure);
                }

                @Override
                public void onCompleted() {
                    done.done(null);
                }
            });
        }

        @Override
        public void close() {
            channel.shutdownNow();
        }
    }
}
