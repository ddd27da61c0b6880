package dev.millrace.api.rank;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import dev.millrace.ingest.feature.FeatureValue;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class RequestContentTest {
    private static RankRequest of(String user, int limit, Map<String, FeatureValue> features, String... items) {
        var candidates = Stream.of(items)
                .map(i -> new RankRequest.Candidate(i, features))
                .toList();
        return new RankRequest("r", true, user, null, Map.of(), candidates, limit);
    }

    @Test
    void theOrderOfKeysAndTheIdDoNotMatter() {
        Map<String, FeatureValue> one = new LinkedHashMap<>();
        one.put("item.a", new FeatureValue.Text("x"));
        one.put("item.b", new FeatureValue.Numeric(1));
        Map<String, FeatureValue> other = new LinkedHashMap<>();
        other.put("item.b", new FeatureValue.Numeric(1));
        other.put("item.a", new FeatureValue.Text("x"));
        RankRequest retry = new RankRequest(
                "q", true, "u", null, Map.of(), of("u", 1, other, "i").candidates(), 1);
        assertEquals(RequestContent.of("m", of("u", 1, one, "i")), RequestContent.of("m", retry));
    }

    @Test
    void everythingElseMatters() {
        FeatureValue text = new FeatureValue.Text("x");
        FeatureValue texts = new FeatureValue.Texts(List.of("x"));
        FeatureValue number = new FeatureValue.Numeric(1);
        var contents = Stream.of(
                        of("u", 1, Map.of("item.a", text), "i", "j"),
                        of("v", 1, Map.of("item.a", text), "i", "j"),
                        of("u", 2, Map.of("item.a", text), "i", "j"),
                        of("u", 1, Map.of("item.b", text), "i", "j"),
                        of("u", 1, Map.of("item.a", texts), "i", "j"),
                        of("u", 1, Map.of("item.a", number), "i", "j"),
                        of("u", 1, Map.of(), "i", "j"),
                        of("u", 1, Map.of("item.a", text), "ij"),
                        of("u", 1, Map.of("item.a", text), "j", "i"))
                .map(request -> RequestContent.of("m", request))
                .toList();
        assertEquals(contents.size(), contents.stream().distinct().count());
        assertNotEquals(contents.getFirst(), RequestContent.of("n", of("u", 1, Map.of("item.a", text), "i", "j")));
    }
}
