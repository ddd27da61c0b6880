package dev.millrace.ingest.source;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ingest.feature.FeatureValue;
import dev.millrace.ingest.feature.FeatureVector;
import dev.millrace.ingest.feature.RawFeatures;
import dev.millrace.ingest.feature.Vectorizer;
import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.SpecReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The same rows in every format make the samples that the vectorizer makes of their attributes. */
class BulkSourceTest {
    static final ModelSpec SPEC = SpecReader.parse("test", """
            model: shop
            objective: logistic
            labels: {buy: 1, skip: 0}
            rewardWindow: 5s
            slots:
              user: {type: category, from: user.id}
              age: {type: number, from: user.age, bins: [18, 30, 50]}
              tags: {type: categories, from: item.tags}
              title: {type: text, from: item.title}
              price: {type: number, from: item.price, transform: log1p}
            crosses: [[user, tags]]
            """);
    private static final long NOW_MS = 1_700_000_000_000L;

    @TempDir
    Path dir;

    /** One row's truth. */
    record Row(String label, String user, String age, List<String> tags, String title, String price) {}

    static List<Row> rows(int count, long seed) {
        Random random = new Random(seed);
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            List<String> tags = new ArrayList<>();
            for (int t = random.nextInt(4); t > 0; t--) {
                tags.add("tag" + random.nextInt(9));
            }
            rows.add(new Row(
                    random.nextBoolean() ? "1" : "0",
                    "üser" + random.nextInt(50),
                    random.nextInt(5) == 0 ? "" : Integer.toString(random.nextInt(80)),
                    tags,
                    "The \"big\", " + random.nextInt(30),
                    random.nextInt(2) + "." + random.nextInt(1000)));
        }
        return rows;
    }

    static String csv(List<Row> rows, String end) {
        StringBuilder text = new StringBuilder("label,user.id,age,tags,item.title,price,unused" + end);
        for (Row row : rows) {
            text.append(row.label)
                    .append(",\"")
                    .append(row.user)
                    .append("\",")
                    .append(row.age)
                    .append(',');
            text.append(String.join("|", row.tags)).append(",\"").append(row.title.replace("\"", "\"\""));
            text.append("\",").append(row.price).append(",x").append(end);
        }
        return text.toString();
    }

    private static String tsv(List<Row> rows) {
        StringBuilder text = new StringBuilder("age\tlabel\tuser.id\ttags\ttitle\tprice\n");
        for (Row row : rows) {
            text.append(String.join(
                            "\t", row.age, row.label, row.user, String.join("|", row.tags), row.title, row.price))
                    .append('\n');
        }
        return text.toString();
    }

    static String json(List<Row> rows) {
        StringBuilder text = new StringBuilder();
        for (Row row : rows) {
            text.append("{\"label\": ").append(row.label).append(", \"user\": {\"id\": \"");
            text.append(row.user.replace("ü", "\\u00fc")).append('"');
            text.append(row.age.isEmpty() ? "" : ", \"age\": " + row.age).append("}, \"item\":{\"tags\":[");
            text.append(
                    String.join(",", row.tags.stream().map(t -> "\"" + t + "\"").toList()));
            text.append("],\"title\":\"")
                    .append(row.title.replace("\"", "\\\""))
                    .append("\"},\"price\":");
            text.append(row.price).append(",\"more\":[{\"a\":null},true]}\n");
        }
        return text.toString();
    }

    static String vw(List<Row> rows) {
        StringBuilder text = new StringBuilder();
        for (Row row : rows) {
            text.append(row.label.equals("1") ? "1" : "-1").append(" |user.id ").append(row.user);
            text.append(row.age.isEmpty() ? "" : " |age v:" + row.age).append(" |tags ");
            text.append(String.join(" ", row.tags)).append(" |title ").append(row.title);
            text.append(" |price v:").append(row.price).append('\n');
        }
        return text.toString();
    }

    static List<String> expected(List<Row> rows) {
        Vectorizer vectorizer = new Vectorizer(SPEC);
        Vectorizer.Request request = vectorizer.newRequest();
        FeatureVector vector = new FeatureVector();
        List<String> expected = new ArrayList<>();
        for (Row row : rows) {
            Map<String, FeatureValue> of = new LinkedHashMap<>();
            of.put("user.id", new FeatureValue.Text(row.user));
            if (!row.age.isEmpty()) {
                of.put("user.age", new FeatureValue.Numeric(Double.parseDouble(row.age)));
            }
            vectorizer.request(RawFeatures.of(of), request, vector);
            Map<String, FeatureValue> item = new LinkedHashMap<>();
            item.put("item.tags", new FeatureValue.Texts(row.tags));
            item.put("item.title", new FeatureValue.Text(row.title));
            item.put("item.price", new FeatureValue.Numeric(Double.parseDouble(row.price)));
            vectorizer.item(RawFeatures.of(item), request, vector);
            StringBuilder text = new StringBuilder(Float.toString(Float.parseFloat(row.label)));
            for (int f = 0; f < vector.size(); f++) {
                text.append(' ').append(vector.id(f)).append(':').append(vector.value(f));
            }
            expected.add(text.toString());
        }
        return expected;
    }

    static List<String> samples(SampleBlock block) {
        List<String> samples = new ArrayList<>();
        for (int i = 0; i < block.size(); i++) {
            StringBuilder text = new StringBuilder(Float.toString(block.label(i)));
            for (int f = block.offset(i); f < block.offset(i + 1); f++) {
                text.append(' ').append(block.featureId(f)).append(':').append(block.featureValue(f));
            }
            samples.add(text.toString());
        }
        return samples;
    }

    static SourceConfig config(int splitBytes, long maxBadRows) {
        return new SourceConfig(null, "label", null, null, null, List.of(), '|', NOW_MS, splitBytes, maxBadRows);
    }

    private List<String> read(String name, String text, int splitBytes) throws IOException {
        Path file = dir.resolve(name);
        Files.writeString(file, text);
        return read(file, splitBytes);
    }

    static List<String> read(Path place, int splitBytes) throws IOException {
        try (DataFiles files = new FolderFiles(place)) {
            BulkSource source = BulkSource.open(files, config(splitBytes, 0), SPEC);
            SplitReader reader = source.reader();
            List<String> samples = new ArrayList<>();
            for (Split split : source.splits()) {
                reader.open(split);
                for (SampleBlock block = reader.next(); block != null; block = reader.next()) {
                    samples.addAll(samples(block));
                }
            }
            return samples;
        }
    }

    @Test
    void everyFormatMakesTheVectorizersSamples() throws IOException {
        List<Row> rows = rows(500, 1);
        List<String> expected = expected(rows);
        assertEquals(expected, read("a.csv", csv(rows, "\n"), 1 << 20));
        assertEquals(expected, read("b.csv", csv(rows, "\r\n"), 1 << 20));
        assertEquals(expected, read("c.tsv", tsv(rows), 1 << 20));
        assertEquals(expected, read("d.jsonl", json(rows), 1 << 20));
        // Words between blanks are features each, as the vectorizer's words of a text are.
        assertEquals(expected, read("e.vw", vw(rows), 1 << 20));
    }

    /** Whatever line ends at, before or behind a border. */
    @Test
    void bordersOfSplitsNeitherLoseNorDoubleARow() throws IOException {
        for (int seed = 0; seed < 40; seed++) {
            List<Row> rows = rows(60 + seed, seed);
            String text = csv(rows, "\n");
            List<String> expected = expected(rows);
            String ended = seed % 2 == 0 ? text : text.substring(0, text.length() - 1);
            assertEquals(expected, read(seed + ".csv", ended, 1024 + seed), "seed " + seed);
        }
    }

    @Test
    void badRowsAreNamedOrLeftOut() throws IOException {
        Path file = dir.resolve("bad.csv");
        Files.writeString(file, "label,user.id,age\n1,a,3\n1,b,young\n0,c,4\n\n7,d,1\n0,e\n");
        try (DataFiles files = new FolderFiles(file)) {
            BulkSource strict = BulkSource.open(files, config(1 << 20, 0), SPEC);
            SplitReader reader = strict.reader();
            reader.open(strict.splits().get(0));
            String message = String.valueOf(
                    assertThrows(DataException.class, reader::next).getMessage());
            assertTrue(message.contains("bad.csv, row at byte 24: column 'age': 'young' is no number"), message);
            BulkSource lenient = BulkSource.open(files, config(1 << 20, 3), SPEC);
            SplitReader tolerant = lenient.reader();
            tolerant.open(lenient.splits().get(0));
            SampleBlock block = tolerant.next();
            assertTrue(block != null && block.size() == 2);
            assertEquals(3, lenient.badRows());
        }
    }

    @Test
    void idsAreThoseOfTheRequestWhereItIsKnown() throws IOException {
        Path file = dir.resolve("ids.csv");
        Files.writeString(file, "label,user.id,req,item.id,when\nbuy,u,r1,i7,2026-01-31T12:00:00Z\n");
        var config = new SourceConfig(null, "label", null, "when", "req", List.of(), '|', NOW_MS, 1 << 20, 0);
        try (DataFiles files = new FolderFiles(file)) {
            BulkSource source = BulkSource.open(files, config, SPEC);
            SplitReader reader = source.reader();
            reader.open(source.splits().get(0));
            SampleBlock block = reader.next();
            assertTrue(block != null);
            assertEquals(dev.millrace.ingest.id.SampleIds.of("shop", "r1", "i7", 0), block.sampleId(0));
            assertEquals(1_769_860_800_000L, block.eventTimeMs(0));
            assertEquals(1f, block.label(0));
        }
    }

    @Test
    void aPlaceWithoutWhatIsNeededSaysSo() throws IOException {
        Files.writeString(dir.resolve("x.csv"), "user.id,age\na,1\n");
        assertTrue(message(dir).contains("has no column 'label'"));
        Files.writeString(dir.resolve("x.csv"), "label,what\n1,1\n");
        assertTrue(message(dir).contains("no column is an attribute of the model; it reads user.id, "));
        Files.writeString(dir.resolve("y.tsv"), "label\tuser.id\n");
        assertTrue(message(dir).contains("keep one format in a place"));
        Path empty = Files.createDirectory(dir.resolve("_hidden"));
        assertTrue(message(empty).contains("has no files"));
    }

    private static String message(Path place) {
        return String.valueOf(
                assertThrows(DataException.class, () -> read(place, 1 << 20)).getMessage());
    }
}
