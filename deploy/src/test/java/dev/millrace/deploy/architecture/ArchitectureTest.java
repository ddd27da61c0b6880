package dev.millrace.deploy.architecture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ArchitectureTest {
    private JavaClasses millrace;

    /** A class for each ordered pair of modules, in which the first uses the second. */
    private JavaClasses everyPair;

    @BeforeAll
    void importClasses(@TempDir Path folder) {
        millrace = new ClassFileImporter()
                .withImportOption(new ImportOption.DoNotIncludeTests())
                .importPackages("dev.millrace");
        everyPair = Snippets.compile(folder, pairs());
    }

    @ParameterizedTest
    @EnumSource
    void moduleUsesWhatTheTableAllows(Module module) {
        module.dependencies().check(millrace);
    }

    @ParameterizedTest
    @EnumSource
    void layeringHolds(Layering layering) {
        layering.rule.check(millrace);
    }

    @ParameterizedTest
    @EnumSource
    void moduleRuleFindsEveryForbiddenUse(Module module) {
        List<String> found = violations(module.dependencies(), everyPair);
        for (Module other : Module.values()) {
            boolean reported = found.stream().anyMatch(line -> line.contains(user(module, other)));
            assertEquals(!module.mayUse(other), reported, () -> module + " uses " + other + " in " + found);
        }
    }

    @ParameterizedTest
    @EnumSource
    void layeringRuleFindsItsCounterexample(Layering layering, @TempDir Path folder) {
        JavaClasses broken = Snippets.compile(folder, layering.counterexample);
        // A rule that selects no class must not count as one that found something.
        List<String> found = violations(layering.rule.allowEmptyShould(true), broken);
        assertTrue(!found.isEmpty(), () -> layering + " does not notice " + layering.counterexample);
    }

    private static List<String> violations(ArchRule rule, JavaClasses classes) {
        return rule.evaluate(classes).getFailureReport().getDetails();
    }

    private static List<String> pairs() {
        var snippets = new ArrayList<String>();
        for (Module module : Module.values()) {
            snippets.add(door(module) + ":");
            for (Module other : Module.values()) {
                snippets.add(user(module, other) + ": " + door(other) + " used;");
            }
        }
        return snippets;
    }

    private static String door(Module module) {
        return module.rootPackage + ".door.Door";
    }

    private static String user(Module module, Module other) {
        return module.rootPackage + ".pair.UserOf" + other;
    }
}
