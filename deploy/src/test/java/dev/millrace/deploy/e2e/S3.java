package dev.millrace.deploy.e2e;

import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import org.awaitility.Awaitility;

/** An object store over a folder, as a process of its own: the one that serving-ps is tested with. */
final class S3 implements AutoCloseable {
    static final String BUCKET = "weights";
    private static final Path JAR = Path.of("..", "serving-ps", "target", "s3-server", "s3proxy.jar");

    private final Process process;
    private final Path bucket;
    private final int port;

    private S3(Process process, Path bucket, int port) {
        this.process = process;
        this.bucket = bucket;
        this.port = port;
    }

    static boolean isThere() {
        return Files.exists(JAR);
    }

    /** Asks nobody who they are. */
    static S3 start(Path dir) throws IOException {
        int port = Serve.freePort();
        Path bucket = Files.createDirectories(dir.resolve("buckets").resolve(BUCKET));
        Path config = Files.writeString(dir.resolve("s3.conf"), """
                s3proxy.endpoint=http://127.0.0.1:%d
                s3proxy.authorization=none
                jclouds.provider=filesystem-nio2
                jclouds.filesystem.basedir=%s
                jclouds.identity=none
                jclouds.credential=none
                """.formatted(port, bucket.getParent()));
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-Xmx128m",
                        "-DLOG_LEVEL=warn",
                        "-jar",
                        JAR.toString(),
                        "--properties",
                        config.toString())
                .redirectErrorStream(true)
                .redirectOutput(dir.resolve("s3.log").toFile())
                .start();
        S3 server = new S3(process, bucket, port);
        Awaitility.await().atMost(Service.PATIENCE).ignoreExceptions().until(server::listens);
        return server;
    }

    private boolean listens() throws IOException {
        try (Socket socket = new Socket("127.0.0.1", port)) {
            return socket.isConnected();
        }
    }

    String address(String prefix) {
        return "s3://" + BUCKET + "/" + prefix + "?endpoint=http://127.0.0.1:" + port;
    }

    /** Where it keeps what has this key. */
    Path object(String key) {
        return bucket.resolve(key);
    }

    @Override
    public void close() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }
}
