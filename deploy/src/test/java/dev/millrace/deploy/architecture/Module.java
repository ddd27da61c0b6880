package dev.millrace.deploy.architecture;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.lang.ArchRule;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Stream;

/** The rows of the module table: where a module's classes live and which modules it may depend on. */
enum Module {
    INGEST("ingest", "ingest"),
    SERVING_PS("serving-ps", "ps", INGEST),
    FEATURE_JOIN("feature-join", "join", INGEST),
    LEARNER("learner", "learner", INGEST, SERVING_PS),
    API_SERVER("api-server", "api", INGEST, SERVING_PS),
    LOADTEST("loadtest", "load", INGEST),
    DEPLOY("deploy", "deploy", INGEST, SERVING_PS, FEATURE_JOIN, LEARNER, API_SERVER, LOADTEST);

    private static final Path CHECKOUT = Path.of("..");

    final String folder;
    final String rootPackage;
    final Set<Module> mayUse;

    Module(String folder, String name, Module... mayUse) {
        this.folder = folder;
        this.rootPackage = "dev.millrace." + name;
        this.mayUse = Set.of(mayUse);
    }

    /** Every class below the root package. */
    String everything() {
        return rootPackage + "..";
    }

    boolean mayUse(Module other) {
        return other == this || mayUse.contains(other);
    }

    ArchRule dependencies() {
        String[] allowed = Arrays.stream(values())
                .filter(this::mayUse)
                .map(Module::everything)
                .toArray(String[]::new);
        return noClasses()
                .that()
                .resideInAPackage(everything())
                .should()
                .dependOnClassesThat(resideInAPackage("dev.millrace..").and(not(resideInAnyPackage(allowed))))
                .as(folder + " depends on no module but " + mayUse)
                .allowEmptyShould(!isWritten(rootPackage));
    }

    /** Whether some module's folder holds sources of this package. */
    static boolean isWritten(String packageName) {
        return Stream.of(values())
                .map(module -> CHECKOUT.resolve(module.folder).resolve("src/main/java"))
                .anyMatch(sources -> Files.isDirectory(sources.resolve(packageName.replace('.', '/'))));
    }
}
