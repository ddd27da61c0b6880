package dev.millrace.api.grpc;

import com.google.protobuf.Empty;
import dev.millrace.api.desk.ProfileAnswer;
import dev.millrace.api.desk.ProfileDesk;
import dev.millrace.api.json.Ids;
import dev.millrace.api.json.JsonIn;
import dev.millrace.ingest.profile.ProfileStore.Kind;
import dev.millrace.ingest.proto.api.ImportAnswer;
import dev.millrace.ingest.proto.api.ImportRequest;
import dev.millrace.ingest.proto.api.ItemsGrpc;
import dev.millrace.ingest.proto.api.Profile;
import dev.millrace.ingest.proto.api.ProfileId;
import dev.millrace.ingest.proto.api.UsersGrpc;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Profiles of one kind, as over HTTP. */
final class ProfileCalls {
    /** Over HTTP it stands in the address. */
    private static final List<String> ID = List.of("id");

    private final Kind kind;
    private final ProfileDesk desk;
    private final Calls calls;

    ProfileCalls(Kind kind, ProfileDesk desk, Calls calls) {
        this.kind = kind;
        this.desk = desk;
        this.calls = calls;
    }

    private void put(Profile profile, StreamObserver<Empty> caller) {
        calls.unary(caller, () -> {
            desk.put(kind, Ids.check("id", profile.getId()), features(profile));
            return Empty.getDefaultInstance();
        });
    }

    private void patch(Profile profile, StreamObserver<Profile> caller) {
        calls.unary(caller, () -> message(desk.patch(kind, Ids.check("id", profile.getId()), features(profile))));
    }

    private void get(ProfileId id, StreamObserver<Profile> caller) {
        calls.unary(caller, () -> message(desk.get(kind, Ids.check("id", id.getId()))));
    }

    private void delete(ProfileId id, StreamObserver<Empty> caller) {
        calls.unary(caller, () -> {
            desk.delete(kind, Ids.check("id", id.getId()));
            return Empty.getDefaultInstance();
        });
    }

    private void load(ImportRequest profiles, StreamObserver<ImportAnswer> caller) {
        calls.unary(caller, () -> {
            List<ProfileDesk.Unread> unread = profiles.getProfilesList().stream()
                    .map(profile -> new ProfileDesk.Unread(profile.getId(), features(profile)))
                    .toList();
            return calls.message(desk.load(kind, unread), ImportAnswer.newBuilder())
                    .build();
        });
    }

    /** A map that is not set is an empty one here. */
    private static JsonIn.Source features(Profile profile) {
        return profile.getFeaturesCount() == 0
                ? JsonIn.of("{\"features\":{}}".getBytes(StandardCharsets.UTF_8))
                : JsonIn.of(profile, ID);
    }

    private Profile message(ProfileAnswer answer) throws IOException {
        return calls.message(answer, Profile.newBuilder()).build();
    }

    UsersGrpc.UsersImplBase users() {
        return new UsersGrpc.UsersImplBase() {
            @Override
            public void put(Profile profile, StreamObserver<Empty> caller) {
                ProfileCalls.this.put(profile, caller);
            }

            @Override
            public void patch(Profile profile, StreamObserver<Profile> caller) {
                ProfileCalls.this.patch(profile, caller);
            }

            @Override
            public void get(ProfileId id, StreamObserver<Profile> caller) {
                ProfileCalls.this.get(id, caller);
            }

            @Override
            public void delete(ProfileId id, StreamObserver<Empty> caller) {
                ProfileCalls.this.delete(id, caller);
            }

            @Override
            public void load(ImportRequest profiles, StreamObserver<ImportAnswer> caller) {
                ProfileCalls.this.load(profiles, caller);
            }
        };
    }

    ItemsGrpc.ItemsImplBase items() {
        return new ItemsGrpc.ItemsImplBase() {
            @Override
            public void put(Profile profile, StreamObserver<Empty> caller) {
                ProfileCalls.this.put(profile, caller);
            }

            @Override
            public void patch(Profile profile, StreamObserver<Profile> caller) {
                ProfileCalls.this.patch(profile, caller);
            }

            @Override
            public void get(ProfileId id, StreamObserver<Profile> caller) {
                ProfileCalls.this.get(id, caller);
            }

            @Override
            public void delete(ProfileId id, StreamObserver<Empty> caller) {
                ProfileCalls.this.delete(id, caller);
            }

            @Override
            public void load(ImportRequest profiles, StreamObserver<ImportAnswer> caller) {
                ProfileCalls.this.load(profiles, caller);
            }
        };
    }
}
