package dev.millrace.deploy.architecture;

import static java.util.stream.Collectors.joining;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;

/** Compiles one-line classes, written {@code package.Name: members}, for rules to be tried on. */
final class Snippets {
    private Snippets() {}

    static JavaClasses compile(Path outputFolder, List<String> snippets) {
        var problems = new DiagnosticCollector<JavaFileObject>();
        boolean compiled = ToolProvider.getSystemJavaCompiler()
                .getTask(
                        null,
                        null,
                        problems,
                        List.of("-proc:none", "-d", outputFolder.toString()),
                        null,
                        snippets.stream().map(Snippets::source).toList())
                .call();
        if (!compiled) {
            throw new IllegalArgumentException(
                    problems.getDiagnostics().stream().map(Object::toString).collect(joining("\n")));
        }
        return new ClassFileImporter().importPath(outputFolder);
    }

    private static JavaFileObject source(String snippet) {
        String className = snippet.substring(0, snippet.indexOf(':'));
        String members = snippet.substring(className.length() + 1);
        int lastDot = className.lastIndexOf('.');
        String text = "package " + className.substring(0, lastDot) + "; public class "
                + className.substring(lastDot + 1) + " {" + members + "}";
        URI location = URI.create("snippet:///" + className.replace('.', '/') + ".java");
        return new SimpleJavaFileObject(location, JavaFileObject.Kind.SOURCE) {
            @Override
            public CharSequence getCharContent(boolean ignoreEncodingErrors) {
                return text;
            }
        };
    }
}
