package dev.millrace.deploy.bench.serve;

import dev.millrace.api.ApiConfig;
import dev.millrace.api.ApiParts;
import dev.millrace.api.ApiServer;
import dev.millrace.deploy.embedded.ProfilesFrom;
import dev.millrace.ingest.profile.ProfileStore;
import dev.millrace.ingest.publish.EventPublisher;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.SpecReader;
import dev.millrace.ps.serve.ServingReplica;
import dev.millrace.ps.serve.WeightServer;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The API with the benchmark's models, and their weights in the process: what is measured, in a process of its own. Asked
 * {@code allocated}, {@code MODEL} or {@code version MODEL} on stdin it says how many bytes its threads have allocated, the
 * model's rows, its version; the end of stdin ends it.
 */
final class ServeHost {
    private static final String VERSION = "version ";
    static final String ALL = "all";
    static final String SMALL = "small";

    private ServeHost() {}

    /** Arguments: Kafka's address, a folder, which worlds, and where profiles are. */
    public static void main(String[] args) throws Exception {
        String bootstrap = args[0];
        Path data = Path.of(args[1]);
        Clock clock = Clock.systemUTC();
        List<AutoCloseable> parts = new ArrayList<>();
        ProfileStore profiles = ProfilesFrom.parse(args[3]).open(data.resolve("profiles"));
        List<ServeWorld> worlds =
                args[2].equals(ALL) ? List.of(ServeWorld.SMALL, ServeWorld.LARGE) : List.of(ServeWorld.SMALL);
        Map<String, WeightServer> models = new HashMap<>();
        for (ServeWorld world : worlds) {
            ModelSpec spec = SpecReader.parse(world.model(), world.spec());
            var config = new ServingReplica.Config(
                    bootstrap, data.resolve(world.model() + "-rows"), data.resolve(world.model() + "-snapshots"));
            ServingReplica replica = ServingReplica.start(config, spec, clock);
            parts.add(replica);
            models.put(world.model(), replica);
            world.putProfiles(profiles);
        }
        models.put(
                SlowWeights.MODEL,
                new SlowWeights(java.util.Objects.requireNonNull(models.get(ServeWorld.SMALL.model()))));
        EventPublisher publisher = new EventPublisher(EventPublisher.Config.of(bootstrap), clock);
        ApiServer api = ApiServer.start(
                ApiConfig.of(bootstrap).withPort(0), new ApiParts(models, profiles, Map.of(), publisher, clock));
        System.out.println("port " + api.port());
        System.out.println("grpc " + api.grpcPort());
        serve(models);
        api.close();
        publisher.close();
        for (AutoCloseable part : parts) {
            part.close();
        }
        profiles.close();
        System.exit(0);
    }

    private static void serve(Map<String, WeightServer> models) throws Exception {
        var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            if (line.equals("allocated")) {
                System.out.println("allocated " + threads.getTotalThreadAllocatedBytes());
            } else if (line.startsWith(VERSION)) {
                WeightServer asked = java.util.Objects.requireNonNull(models.get(line.substring(VERSION.length())));
                System.out.println(line + " " + asked.version().sequence());
            } else if (models.containsKey(line)) {
                System.out.println(line + " " + models.get(line).version().rows());
            }
        }
    }
}
