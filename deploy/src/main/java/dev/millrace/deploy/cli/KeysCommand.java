package dev.millrace.deploy.cli;

import dev.millrace.api.security.ApiKeys;
import dev.millrace.api.security.KeyTerms;
import dev.millrace.api.security.Scope;
import dev.millrace.api.security.StoredKey;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code millrace keys}. */
@Command(
        name = "keys",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "(create | list | revoke)",
        header = "API keys: makes, lists and revokes them.",
        description = {
            "",
            "A running service takes a new key, and refuses a revoked one, within a second. The file holds salted hashes:"
                    + " a key is shown once, when it is made.",
            ""
        },
        subcommands = {KeysCommand.Create.class, KeysCommand.ListKeys.class, KeysCommand.Revoke.class})
final class KeysCommand {
    static final String FILE = "keys";

    /** Which file; the same for all. */
    static final class Place {
        @ArgGroup(multiplicity = "1")
        private Where where = new Where();

        @Spec(Spec.Target.MIXEE)
        @Nullable
        private CommandSpec spec;

        private static final class Where {
            @Option(names = "--data", paramLabel = "DIR", description = "Data folder of serve.")
            @Nullable
            private Path data;

            @Option(names = "--keys", paramLabel = "FILE", description = "The file itself.")
            @Nullable
            private Path file;
        }

        ApiKeys keys() {
            Path file = where.file != null
                    ? where.file
                    : Objects.requireNonNull(where.data).resolve(FILE);
            return new ApiKeys(file, Clock.systemUTC());
        }

        PrintWriter out() {
            return Objects.requireNonNull(spec).commandLine().getOut();
        }
    }

    /** {@code millrace keys create}. */
    @Command(
            name = "create",
            mixinStandardHelpOptions = true,
            sortOptions = false,
            header = "Makes a key and prints it, once.")
    static final class Create implements Callable<Integer> {
        @Mixin
        private Place place = new Place();

        @Option(names = "--name", required = true, paramLabel = "NAME", description = "What it is for.")
        private String name = "";

        @Option(
                names = "--scope",
                required = true,
                split = ",",
                paramLabel = "SCOPE",
                description = "rank, events:write, admin (everything).")
        private List<String> scopes = List.of();

        @Option(
                names = "--origin",
                split = ",",
                paramLabel = "ORIGIN",
                description = "For browsers: pages of https://shop.example may use it. Its only scope is events:write.")
        private Set<String> origins = Set.of();

        @Option(names = "--rate", paramLabel = "R", description = "Requests a second. Default: the service's.")
        @Nullable
        private Double rate;

        @Override
        public Integer call() throws IOException {
            KeyTerms terms = new KeyTerms(name, Scope.parse(scopes), origins, rate);
            ApiKeys.Created created = place.keys().create(terms, new SecureRandom());
            place.out().println(created.key());
            place.out().flush();
            return 0;
        }
    }

    /** {@code millrace keys list}. */
    @Command(name = "list", mixinStandardHelpOptions = true, header = "Prints what is known of each key.")
    static final class ListKeys implements Callable<Integer> {
        @Mixin
        private Place place = new Place();

        @Override
        public Integer call() throws IOException {
            for (StoredKey key : place.keys().list()) {
                place.out().println(line(key));
            }
            place.out().flush();
            return 0;
        }

        private static String line(StoredKey key) {
            KeyTerms terms = key.terms();
            String scopes = terms.scopes().stream().map(Scope::label).sorted().collect(Collectors.joining(","));
            return String.format(
                    Locale.ROOT,
                    "%s  %s  %s  made %s%s%s%s",
                    key.id(),
                    terms.name(),
                    scopes,
                    Instant.ofEpochMilli(key.createdMs()),
                    terms.origins().isEmpty() ? "" : ", for pages of " + String.join(",", terms.origins()),
                    terms.requestsPerSecond() == null ? "" : ", " + terms.requestsPerSecond() + " requests/s",
                    key.isRevoked() ? ", revoked " + Instant.ofEpochMilli(key.revokedMs()) : "");
        }
    }

    /** {@code millrace keys revoke}. */
    @Command(name = "revoke", mixinStandardHelpOptions = true, header = "Makes a key worthless.")
    static final class Revoke implements Callable<Integer> {
        @Mixin
        private Place place = new Place();

        @Parameters(paramLabel = "ID", description = "As list prints it.")
        private String id = "";

        @Override
        public Integer call() throws IOException {
            if (!place.keys().revoke(id)) {
                throw new IllegalArgumentException("no key '" + id + "' that is not revoked; 'keys list' has them");
            }
            place.out().println("revoked " + id);
            place.out().flush();
            return 0;
        }
    }
}
