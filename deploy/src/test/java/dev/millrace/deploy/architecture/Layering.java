package dev.millrace.deploy.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;

/** The rules that cut across the module table, each with the smallest code that breaks it. */
enum Layering {
    EVERY_CLASS_HAS_A_MODULE(
            classes()
                    .should()
                    .resideInAnyPackage(
                            Stream.of(Module.values()).map(Module::everything).toArray(String[]::new)),
            "dev.millrace.stray.Stray:"),

    FLINK_STAYS_IN_JOIN_FLINK(
            onlyIn("org.apache.flink..", "dev.millrace.join.flink..", "dev.millrace.deploy.."),
            "org.apache.flink.Job:",
            "dev.millrace.join.match.Match: org.apache.flink.Job job;"),

    MICRONAUT_STAYS_IN_API(
            onlyIn("io.micronaut..", "dev.millrace.api.."),
            "io.micronaut.Bean:",
            "dev.millrace.deploy.Assembly: io.micronaut.Bean bean;"),

    JCUDA_STAYS_IN_LEARNER_GPU(
            onlyIn("jcuda..", "dev.millrace.learner.gpu.."),
            "jcuda.Pointer:",
            "dev.millrace.learner.step.Step: jcuda.Pointer pointer;"),

    S3_STAYS_IN_PS_SNAPSHOT(
            onlyIn("software.amazon..", "dev.millrace.ps.snapshot.."),
            "software.amazon.Client:",
            "dev.millrace.ps.serve.Serve: software.amazon.Client client;"),

    TABLE_KNOWS_NO_NETWORK(
            noClasses()
                    .that()
                    .resideInAPackage("dev.millrace.ps.table..")
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage(
                            "java.net..",
                            "javax.net..",
                            "org.apache.kafka..",
                            "io.lettuce..",
                            "io.grpc..",
                            "io.netty..")
                    .allowEmptyShould(!Module.isWritten("dev.millrace.ps.table")),
            "dev.millrace.ps.table.Rows: java.net.Socket socket;"),

    PACKAGES_FORM_NO_CYCLE(
            slices().matching("dev.millrace.(**)").should().beFreeOfCycles(),
            "dev.millrace.ps.delta.Delta: dev.millrace.ps.table.Rows rows;",
            "dev.millrace.ps.table.Rows: dev.millrace.ps.delta.Delta delta;"),

    NO_PACKAGE_IS_A_DRAWER(
            noClasses().should().resideInAnyPackage("..util..", "..utils..", "..common..", "..commons.."),
            "dev.millrace.ingest.util.Strings:"),

    PACKAGES_ARE_NULL_MARKED(
            classes()
                    .that()
                    // protoc writes no package-info.
                    .resideOutsideOfPackage("dev.millrace.ingest.proto..")
                    .should(liveInANullMarkedPackage()),
            "dev.millrace.ingest.bare.Bare:");

    final ArchRule rule;
    final List<String> counterexample;

    Layering(ArchRule rule, String... counterexample) {
        this.rule = rule;
        this.counterexample = List.of(counterexample);
    }

    private static ArchRule onlyIn(String library, String... rooms) {
        return noClasses()
                .that()
                .resideInAPackage("dev.millrace..")
                .and()
                .resideOutsideOfPackages(rooms)
                .should()
                .dependOnClassesThat()
                .resideInAPackage(library);
    }

    private static ArchCondition<JavaClass> liveInANullMarkedPackage() {
        return new ArchCondition<>("live in a package whose package-info says @NullMarked") {
            @Override
            public void check(JavaClass item, ConditionEvents events) {
                boolean marked = item.getPackage().isAnnotatedWith(NullMarked.class);
                events.add(new SimpleConditionEvent(item, marked, item.getName() + " lives in an unmarked package"));
            }
        };
    }
}
