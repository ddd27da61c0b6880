package dev.millrace.deploy.embedded;

import dev.millrace.ingest.profile.ProfileStore;
import dev.millrace.ingest.profile.RocksDbProfileStore;
import dev.millrace.ps.redis.RedisConfig;
import dev.millrace.ps.redis.RedisProfileStore;
import java.nio.file.Path;

/** Where profiles and real-time features are kept. */
public sealed interface ProfilesFrom {
    /** RocksDB in the data folder. */
    record ThisProcess() implements ProfilesFrom {}

    /** Redis, that a fleet shares. */
    record Redis(RedisConfig config) implements ProfilesFrom {}

    ProfilesFrom HERE = new ThisProcess();

    /**
     * @param text {@code in-process}, or {@code redis://host:port[,host:port]}
     * @throws IllegalArgumentException when it is neither
     */
    static ProfilesFrom parse(String text) {
        return text.equals("in-process") ? HERE : new Redis(RedisConfig.of(text));
    }

    default ProfileStore open(Path folder) {
        return switch (this) {
            case ThisProcess here -> RocksDbProfileStore.open(folder);
            case Redis redis -> RedisProfileStore.open(redis.config());
        };
    }
}
