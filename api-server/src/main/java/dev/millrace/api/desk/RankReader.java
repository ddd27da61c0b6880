package dev.millrace.api.desk;

import dev.millrace.api.json.FeatureJson;
import dev.millrace.api.json.JsonIn;
import dev.millrace.api.problem.ProblemException;
import dev.millrace.api.rank.RankRequest;
import dev.millrace.api.rank.RequestIds;
import dev.millrace.ingest.feature.FeatureValue;
import dev.millrace.ingest.spec.KnownNames;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.SlotType;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Reads one model's rank requests. Immutable. */
final class RankReader {
    private static final List<String> KEYS = List.of("requestId", "user", "session", "context", "candidates", "limit");
    static final int MAX_BATCH = 100;

    private static final List<String> BATCH_KEYS = List.of("requests");
    private static final List<String> CANDIDATE_KEYS = List.of("item", "features");
    private static final byte[] ITEM_ALONE = "\"item\":\"".getBytes(StandardCharsets.US_ASCII);

    private final Side context;
    private final Side item;
    private final RequestIds ids;

    /** @param specs of all that may answer: a request may say what any of them reads */
    RankReader(Collection<ModelSpec> specs, RequestIds ids) {
        this.context = Side.of(specs, "context.");
        this.item = Side.of(specs, "item.");
        this.ids = ids;
    }

    RankReader(ModelSpec spec, RequestIds ids) {
        this(List.of(spec), ids);
    }

    /**
     * What a request may say of one side.
     *
     * @param names without the prefix
     * @param numbers of these, the ones that only number slots read
     */
    private record Side(String prefix, Set<String> names, Set<String> numbers) {
        static Side of(Collection<ModelSpec> specs, String prefix) {
            Set<String> names = specs.stream()
                    .flatMap(spec -> spec.sources(prefix).stream())
                    .map(from -> from.substring(prefix.length()))
                    .collect(Collectors.toCollection(TreeSet::new));
            names.remove("id");
            Set<String> numbers = new HashSet<>(names);
            specs.stream()
                    .flatMap(spec -> spec.slots().stream())
                    .filter(slot ->
                            slot.type() != SlotType.NUMBER && slot.from().startsWith(prefix))
                    .forEach(slot -> numbers.remove(slot.from().substring(prefix.length())));
            return new Side(prefix, names, numbers);
        }

        Map<String, FeatureValue> read(JsonIn in) throws IOException {
            return FeatureJson.features(in, prefix, name -> check(in, name));
        }

        private void check(JsonIn in, String name) {
            if (!names.contains(name)) {
                throw in.invalid("is read by no slot of the model", KnownNames.fix(name, names));
            }
            if (numbers.contains(name) && !in.isNumber()) {
                throw in.wrongType("a number");
            }
        }
    }

    RankRequest read(byte[] body) {
        return read(JsonIn.of(body));
    }

    RankRequest read(JsonIn.Source body) {
        return body.read(this::request);
    }

    /** What the object under the cursor says of the request's context. */
    Map<String, FeatureValue> context(JsonIn in) throws IOException {
        return context.read(in);
    }

    /** Up to {@value #MAX_BATCH} requests, each with what its own reading refused. */
    List<Read> batch(JsonIn.Source body) {
        return body.read(in -> {
            List<Read> requests = new ArrayList<>();
            in.object(
                    BATCH_KEYS,
                    name -> in.array(
                            1,
                            MAX_BATCH,
                            i -> requests.add(in.attempt(
                                    one -> new Read(request(one), null), refused -> new Read(null, refused)))));
            if (requests.isEmpty()) {
                throw in.missing("requests", "send 1.." + MAX_BATCH + " rank requests");
            }
            return requests;
        });
    }

    /** One of a batch: a request, or why it is none. */
    record Read(@Nullable RankRequest request, @Nullable ProblemException refused) {}

    private static final class Draft {
        private @Nullable String requestId;
        private @Nullable String user;
        private @Nullable String session;
        private Map<String, FeatureValue> context = Map.of();
        private @Nullable List<RankRequest.Candidate> candidates;
        private int limit = RankRequest.MAX_CANDIDATES;
    }

    private RankRequest request(JsonIn in) throws IOException {
        return request(in, KEYS, RankRequest.MAX_CANDIDATES, name -> {});
    }

    /**
     * A request under the cursor that may say more than one to rank.
     *
     * @param keys that it may have
     * @param more reads those that one to rank has not
     */
    RankRequest request(JsonIn in, List<String> keys, int maxCandidates, JsonIn.Member more) throws IOException {
        Draft draft = new Draft();
        in.object(keys, name -> {
            switch (name) {
                case "requestId" -> draft.requestId = in.id();
                case "user" -> draft.user = in.id();
                case "session" -> draft.session = in.id();
                case "context" -> draft.context = context.read(in);
                case "candidates" -> draft.candidates = candidates(in, maxCandidates);
                case "limit" -> draft.limit = (int) in.wholeNumber(1, RankRequest.MAX_CANDIDATES);
                default -> more.read(name);
            }
        });
        if (draft.candidates == null) {
            throw in.missing("candidates", "send 1.." + maxCandidates + ", like [{\"item\": \"i1\"}]");
        }
        boolean given = draft.requestId != null;
        return new RankRequest(
                draft.requestId == null ? ids.next() : draft.requestId,
                given,
                draft.user,
                draft.session,
                draft.context,
                draft.candidates,
                draft.limit);
    }

    private List<RankRequest.Candidate> candidates(JsonIn in, int max) throws IOException {
        Candidates candidates = new Candidates(in);
        in.array(1, max, candidates);
        return candidates.read;
    }

    /** Reads one after the other: a request may have a thousand. */
    private final class Candidates implements JsonIn.Element, JsonIn.Member {
        private final JsonIn in;
        private final List<RankRequest.Candidate> read = new ArrayList<>();
        private final ItemSet items = new ItemSet();
        private @Nullable String id;
        private Map<String, FeatureValue> features = Map.of();

        private static final String SEND_ONCE = "send each item once";

        Candidates(JsonIn in) {
            this.in = in;
        }

        private static String twice(String id) {
            return "is '" + id + "' a second time";
        }

        @Override
        public void read(int index) throws IOException {
            id = in.loneId(ITEM_ALONE);
            if (id != null) {
                if (!items.add(id)) {
                    throw in.invalid("item", twice(id), SEND_ONCE);
                }
                read.add(new RankRequest.Candidate(id, Map.of()));
                return;
            }
            features = Map.of();
            in.object(CANDIDATE_KEYS, this);
            if (id == null) {
                throw in.missing("item", "send the item's id");
            }
            read.add(new RankRequest.Candidate(id, features));
        }

        @Override
        public void read(String name) throws IOException {
            if (name.equals("item")) {
                id = in.id();
                if (!items.add(id)) {
                    throw in.invalid(twice(id), SEND_ONCE);
                }
            } else {
                features = item.read(in);
            }
        }
    }
}
