package dev.millrace.deploy.cluster;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Enumeration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import java.util.stream.Stream;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/**
 * Writes the join as one jar for {@code flink run}: its classes and what it uses that a Flink cluster does not have. No
 * RocksDB but the cluster's own.
 */
public final class JobJar {
    public static final String MAIN_CLASS = "dev.millrace.join.flink.JoinMain";

    private static final String SERVICES = "META-INF/services/";

    private final ZipOutputStream out;
    private final Set<String> written = new HashSet<>();
    private final Map<String, ByteArrayOutputStream> services = new LinkedHashMap<>();

    private JobJar(ZipOutputStream out) {
        this.out = out;
    }

    /** @param parts jars and folders of classes, the first that has an entry wins */
    public static void write(Path jar, List<Path> parts) throws IOException {
        try (OutputStream file = Files.newOutputStream(jar);
                ZipOutputStream zip = new ZipOutputStream(file)) {
            zip.setLevel(Deflater.BEST_SPEED);
            JobJar job = new JobJar(zip);
            job.manifest();
            for (Path part : parts) {
                if (Files.isDirectory(part)) {
                    job.addFolder(part);
                } else {
                    job.addJar(part);
                }
            }
            job.services();
        }
    }

    private void manifest() throws IOException {
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes().put(Attributes.Name.MAIN_CLASS, MAIN_CLASS);
        written.add(JarFile.MANIFEST_NAME);
        out.putNextEntry(new ZipEntry(JarFile.MANIFEST_NAME));
        manifest.write(out);
    }

    private void addFolder(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
                String name = folder.relativize(file).toString().replace('\\', '/');
                add(name, Files.readAllBytes(file));
            }
        }
    }

    private void addJar(Path jar) throws IOException {
        try (ZipFile zip = new ZipFile(jar.toFile())) {
            Enumeration<? extends ZipEntry> entries = zip.entries();
            while (entries.hasMoreElements()) {
                ZipEntry entry = entries.nextElement();
                if (!entry.isDirectory() && isWanted(entry.getName())) {
                    try (var in = zip.getInputStream(entry)) {
                        add(entry.getName(), in.readAllBytes());
                    }
                }
            }
        }
    }

    /** Signatures hold for their own jar alone. */
    private static boolean isWanted(String name) {
        return !name.endsWith("module-info.class") && !name.matches("META-INF/[^/]+\\.(SF|RSA|DSA)");
    }

    private void add(String name, byte[] content) throws IOException {
        if (name.startsWith(SERVICES)) {
            ByteArrayOutputStream lines = services.computeIfAbsent(name, n -> new ByteArrayOutputStream());
            lines.write(content);
            lines.write('\n');
        } else if (written.add(name)) {
            out.putNextEntry(new ZipEntry(name));
            out.write(content);
        }
    }

    private void services() throws IOException {
        for (Map.Entry<String, ByteArrayOutputStream> service : services.entrySet()) {
            out.putNextEntry(new ZipEntry(service.getKey()));
            service.getValue().writeTo(out);
        }
    }
}
