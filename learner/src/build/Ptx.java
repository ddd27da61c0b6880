import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/**
 * Sees to it that kernels.ptx is made of kernels.cu: its first line names the SHA-256 of the source that it was made from.
 * If that is another and nvcc is there, makes it anew; without nvcc the build ends here.
 *
 * <pre>java Ptx.java FOLDER</pre>
 */
final class Ptx {
    private static final String MARK = "// made by nvcc from kernels.cu of sha256 ";
    /** The oldest that has all we use, so that older drivers take it; nvcc 13 writes 9.0. */
    private static final String ISA = ".version 7.5";

    public static void main(String[] args) throws Exception {
        Path source = Path.of(args[0], "kernels.cu");
        Path made = Path.of(args[0], "kernels.ptx");
        String mark = MARK + HexFormat.of()
                .formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(source)));
        if (Files.exists(made) && Files.readString(made).lines().findFirst().orElse("").equals(mark)) {
            return;
        }
        if (!hasNvcc()) {
            System.err.println(made + " was not made from this " + source
                    + ": build once where nvcc is on the PATH, and commit what that makes");
            System.exit(1);
        }
        Path raw = Files.createTempFile("kernels", ".ptx");
        try {
            run(List.of("nvcc", "-ptx", "-O3", "-arch=compute_75", "-o", raw.toString(), source.toString()));
            String ptx = Files.readString(raw).replaceFirst("(?m)^\\.version .*$", ISA);
            Files.writeString(made, mark + "\n" + ptx);
        } finally {
            Files.delete(raw);
        }
    }

    private static boolean hasNvcc() {
        return Stream.of(System.getenv().getOrDefault("PATH", "").split(":"))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, "nvcc")));
    }

    private static void run(List<String> command) throws IOException, InterruptedException {
        if (new ProcessBuilder(command).inheritIO().start().waitFor() != 0) {
            System.err.println("failed: " + String.join(" ", command));
            System.exit(1);
        }
    }
}
