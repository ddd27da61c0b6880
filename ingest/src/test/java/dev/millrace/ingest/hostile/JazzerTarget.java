package dev.millrace.ingest.hostile;

import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Lets Jazzer look for inputs that break a {@link Hostile.Target}, led by what of the code they reach: {@code deploy/millrace
 * fuzz}. Arguments: CLASS#FIELD of the target, a folder for the corpus, Jazzer's own.
 */
public final class JazzerTarget {
    private static final String NAME = "millrace.fuzz";
    private static Hostile.@Nullable Target target;

    private JazzerTarget() {}

    public static void main(String[] args) throws ReflectiveOperationException, IOException {
        System.setProperty(NAME, args[0]);
        Path corpus = Files.createDirectories(Path.of(args[1]));
        List<byte[]> seeds = named(args[0]).seeds();
        for (int i = 0; i < seeds.size(); i++) {
            Files.write(corpus.resolve("seed-" + i), seeds.get(i));
        }
        List<String> jazzer = new ArrayList<>(List.of(
                "--target_class=" + JazzerTarget.class.getName(),
                "--instrumentation_includes=dev.millrace.**",
                "--custom_hook_excludes=**",
                "--reproducer_path=" + corpus));
        jazzer.addAll(List.of(args).subList(2, args.length));
        jazzer.add(corpus.toString());
        Class.forName("com.code_intelligence.jazzer.Jazzer")
                .getMethod("main", String[].class)
                .invoke(null, (Object) jazzer.toArray(String[]::new));
    }

    private static Hostile.Target named(String name) throws ReflectiveOperationException {
        int split = name.indexOf('#');
        Field field = Class.forName(name.substring(0, split)).getDeclaredField(name.substring(split + 1));
        field.setAccessible(true);
        return (Hostile.Target) field.get(null);
    }

    /** Called by Jazzer, before the first input. */
    public static void fuzzerInitialize() throws ReflectiveOperationException {
        // What Jazzer allocates to instrument a class would count; it bounds memory itself (-rss_limit_mb).
        target = named(System.getProperty(NAME, "")).within(Long.MAX_VALUE / 2);
    }

    /** Called by Jazzer; what is mended on the way is what a person who knows the checksum would send. */
    public static void fuzzerTestOneInput(byte[] bytes) {
        Hostile.Target its = Objects.requireNonNull(target, "fuzzerInitialize comes first");
        Hostile.read(its, bytes, "input");
        Hostile.read(its, its.mend().apply(bytes), "mended input");
    }
}
