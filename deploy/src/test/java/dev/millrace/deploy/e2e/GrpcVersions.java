package dev.millrace.deploy.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ingest.proto.api.AuditRequest;
import dev.millrace.ingest.proto.api.InEffect;
import dev.millrace.ingest.proto.api.LearningRequest;
import dev.millrace.ingest.proto.api.ModelRequest;
import dev.millrace.ingest.proto.api.PromoteRequest;
import dev.millrace.ingest.proto.api.RollbackRequest;
import dev.millrace.ingest.proto.api.VersionDiffRequest;
import dev.millrace.ingest.proto.api.VersionList;
import dev.millrace.ingest.proto.api.VersionRequest;
import dev.millrace.ingest.proto.api.VersionsGrpc;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;

/** What may be done with versions, over gRPC, where there are at least two. */
final class GrpcVersions {
    private GrpcVersions() {}

    /** Serving is at the second version afterwards. */
    static void run(int port, String model) {
        ManagedChannel channel =
                NettyChannelBuilder.forAddress("127.0.0.1", port).usePlaintext().build();
        try {
            var versions = VersionsGrpc.newBlockingStub(channel);
            ModelRequest which = ModelRequest.newBuilder().setModel(model).build();
            VersionList list = versions.list(which);
            assertEquals(2, list.getVersionsCount());
            assertEquals("on", list.getLearning());
            long second = list.getVersions(0).getVersion();
            assertTrue(list.getVersions(0).getOffsetsMap().containsKey(0), list.toString());
            VersionRequest first =
                    VersionRequest.newBuilder().setModel(model).setVersion("1").build();
            assertEquals(1, versions.get(first).getVersion());
            assertTrue(versions.diff(VersionDiffRequest.newBuilder()
                                    .setModel(model)
                                    .setFrom("1")
                                    .setTo(Long.toString(second))
                                    .build())
                            .getChanged()
                    > 0);

            PromoteRequest canary = PromoteRequest.newBuilder()
                    .setModel(model)
                    .setAlias("canary")
                    .setVersion("1")
                    .setWho("grace")
                    .setIfRevision(list.getRevision())
                    .build();
            assertTrue(versions.promote(canary).getInEffect());
            var stale = assertThrows(StatusRuntimeException.class, () -> versions.promote(canary));
            assertEquals(Status.Code.FAILED_PRECONDITION, stale.getStatus().getCode(), stale.toString());
            var missing = assertThrows(
                    StatusRuntimeException.class,
                    () -> versions.get(first.toBuilder().setVersion("77").build()));
            assertEquals(Status.Code.NOT_FOUND, missing.getStatus().getCode());
            var invalid = assertThrows(
                    StatusRuntimeException.class,
                    () -> versions.rollback(
                            RollbackRequest.newBuilder().setModel(model).build()));
            assertEquals(Status.Code.INVALID_ARGUMENT, invalid.getStatus().getCode());

            InEffect back = versions.rollback(RollbackRequest.newBuilder()
                    .setModel(model)
                    .setTo("canary")
                    .setHold(true)
                    .build());
            assertTrue(back.getInEffect(), back.toString());
            assertEquals("held", versions.list(which).getLearning());
            assertTrue(versions.learning(
                            LearningRequest.newBuilder().setModel(model).build())
                    .getInEffect());
            assertTrue(versions.rollback(RollbackRequest.newBuilder()
                            .setModel(model)
                            .setTo(Long.toString(second))
                            .build())
                    .getInEffect());
            assertTrue(versions.audit(AuditRequest.newBuilder().setModel(model).build()).getEntriesList().stream()
                    .anyMatch(entry -> entry.getWho().equals("grace")));
        } finally {
            channel.shutdownNow();
        }
    }
}
