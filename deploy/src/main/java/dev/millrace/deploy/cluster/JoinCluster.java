package dev.millrace.deploy.cluster;

import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A JobManager and TaskManagers of one slot each, processes on loopback; a TaskManager that dies is started again.
 *
 * <pre>
 *  DIR/config.yaml, logback.xml   of the processes        DIR/*.log, *.out   what they wrote
 *  DIR/tmp                        their working files     DIR/join.jar       the job
 * </pre>
 */
public final class JoinCluster implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(JoinCluster.class);
    private static final String JOB_MANAGER = "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint";
    private static final String TASK_MANAGER = "org.apache.flink.runtime.taskexecutor.TaskManagerRunner";
    private static final Duration LOOK = Duration.ofMillis(500);
    static final String LOOPBACK = "127.0.0.1";

    private static final Path SETSID = Path.of("/usr/bin/setsid");
    private static final List<String> JVM = List.of("-Xmx320m", "-XX:MaxDirectMemorySize=256m", "-XX:+UseSerialGC");

    private final List<String> jvm;
    private final Path dir;
    private final FlinkClasspaths classpaths;
    private final Path flags;
    private final int rpcPort;
    private final int restPort;
    private final List<FlinkProcess> taskManagers = new ArrayList<>();
    private final ScheduledExecutorService keeper = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "join-cluster");
        thread.setDaemon(true);
        return thread;
    });
    private final FlinkProcess jobManager;

    private JoinCluster(Path home, Path dir, int taskManagers, List<String> jvm) throws IOException {
        this.jvm = List.copyOf(jvm);
        this.dir = dir.toAbsolutePath().normalize();
        Path checkout = home.toAbsolutePath().normalize();
        this.flags = checkout.resolve("deploy").resolve("jvm.flags");
        classpaths = FlinkClasspaths.read(checkout);
        Files.createDirectories(this.dir.resolve("tmp"));
        Files.writeString(this.dir.resolve("config.yaml"), "# All settings are arguments.\n");
        Files.writeString(this.dir.resolve("logback.xml"), """
                <configuration>
                  <appender name="file" class="ch.qos.logback.core.FileAppender">
                    <file>${log.file:-client.log}</file>
                    <encoder><pattern>%date %-5level [%thread] %logger{30} - %msg%n</pattern></encoder>
                  </appender>
                  <root level="INFO"><appender-ref ref="file"/></root>
                </configuration>
                """);
        JobJar.write(jar(), classpaths.job());
        rpcPort = freePort();
        restPort = freePort();
        jobManager = start("jobmanager", JOB_MANAGER, Map.of());
        try {
            for (int n = 0; n < taskManagers; n++) {
                this.taskManagers.add(taskManager(n));
            }
        } catch (IOException | RuntimeException e) {
            close();
            throw e;
        }
        var unused =
                keeper.scheduleWithFixedDelay(this::revive, LOOK.toMillis(), LOOK.toMillis(), TimeUnit.MILLISECONDS);
    }

    /**
     * Starts the processes; they are up some seconds later: {@link JoinOnCluster} waits for that.
     *
     * @param home the checkout
     * @param dir of its own
     * @param taskManagers each runs one part of the join
     * @param jvm further options of the processes
     */
    public static JoinCluster start(Path home, Path dir, int taskManagers, List<String> jvm) throws IOException {
        return new JoinCluster(home, dir, taskManagers, jvm);
    }

    private FlinkProcess taskManager(int number) throws IOException {
        Map<String, String> more = new LinkedHashMap<>();
        more.put("taskmanager.resource-id", "taskmanager-" + number);
        more.put("taskmanager.numberOfTaskSlots", "1");
        // Flink's start script would work these out; without it each must be named.
        more.put("taskmanager.cpu.cores", "1");
        more.put("taskmanager.memory.task.heap.size", "256m");
        more.put("taskmanager.memory.task.off-heap.size", "64m");
        more.put("taskmanager.memory.framework.heap.size", "64m");
        more.put("taskmanager.memory.framework.off-heap.size", "64m");
        more.put("taskmanager.memory.network.min", "32m");
        more.put("taskmanager.memory.network.max", "32m");
        more.put("taskmanager.memory.managed.size", "64m");
        more.put("taskmanager.memory.jvm-metaspace.size", "192m");
        more.put("taskmanager.memory.jvm-overhead.min", "128m");
        more.put("taskmanager.memory.jvm-overhead.max", "128m");
        return start("taskmanager-" + number, TASK_MANAGER, more);
    }

    private FlinkProcess start(String name, String mainClass, Map<String, String> more) throws IOException {
        ProcessBuilder command = command(mainClass, List.of("--configDir", dir.toString()));
        command.command().add(1, "-Dlog.file=" + dir.resolve(name + ".log"));
        if (Files.isExecutable(SETSID)) {
            // Ctrl-C is for us alone: the cluster is needed for a last savepoint.
            command.command().add(0, SETSID.toString());
        }
        return FlinkProcess.start(command, settings(more), dir.resolve(name + ".out"));
    }

    /** A program of Flink's, with the cluster's classes alone; its output in one stream. */
    ProcessBuilder command(String mainClass, List<String> arguments) {
        List<String> command = new ArrayList<>();
        command.add(ProcessHandle.current().info().command().orElse("java"));
        command.add("@" + flags);
        command.addAll(JVM);
        command.addAll(jvm);
        command.add("-Dlogback.configurationFile=" + dir.resolve("logback.xml"));
        command.add("-cp");
        command.add(classpaths.cluster().stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator)));
        command.add(mainClass);
        command.addAll(arguments);
        ProcessBuilder builder =
                new ProcessBuilder(command).directory(dir.toFile()).redirectErrorStream(true);
        builder.environment().put("FLINK_CONF_DIR", dir.toString());
        return builder;
    }

    private Map<String, String> settings(Map<String, String> more) {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("jobmanager.rpc.address", LOOPBACK);
        settings.put("jobmanager.rpc.port", Integer.toString(rpcPort));
        settings.put("jobmanager.bind-host", LOOPBACK);
        settings.put("rest.address", LOOPBACK);
        settings.put("rest.bind-address", LOOPBACK);
        settings.put("rest.port", Integer.toString(restPort));
        settings.put("taskmanager.host", LOOPBACK);
        settings.put("taskmanager.bind-host", LOOPBACK);
        settings.put("io.tmp.dirs", dir.resolve("tmp").toString());
        settings.put("state.backend.local-recovery", "false");
        // A dead TaskManager is noticed in seconds.
        settings.put("heartbeat.interval", "1000");
        settings.put("heartbeat.timeout", "6000");
        settings.putAll(more);
        return settings;
    }

    private void revive() {
        for (FlinkProcess taskManager : List.copyOf(taskManagers)) {
            if (!taskManager.isAlive() && taskManager.mayRestart()) {
                try {
                    taskManager.restart();
                    LOG.warn("a TaskManager had died; started again as process {}", taskManager.pid());
                } catch (IOException e) {
                    LOG.error("a TaskManager has died and does not start", e);
                }
            }
        }
    }

    /** The job. */
    public Path jar() {
        return dir.resolve("join.jar");
    }

    /** Of Flink's REST API. */
    public int restPort() {
        return restPort;
    }

    /** Whether the JobManager lives. */
    public boolean isAlive() {
        return jobManager.isAlive();
    }

    public List<Long> taskManagerPids() {
        return taskManagers.stream().map(FlinkProcess::pid).toList();
    }

    /** {@code kill -9} of one; it is started again. */
    public void killTaskManager(int number) throws InterruptedException {
        taskManagers.get(number).kill();
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    @Override
    public void close() {
        keeper.shutdownNow();
        try {
            // One that is being started again is seen by the loop below.
            if (!keeper.awaitTermination(LOOK.toMillis() * 4, TimeUnit.MILLISECONDS)) {
                LOG.warn("still starting a TaskManager");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        taskManagers.forEach(FlinkProcess::close);
        jobManager.close();
    }
}
