package dev.millrace.ingest.feature;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import dev.millrace.ingest.spec.SpecReader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Straight into the vector: as by way of slots, in any order of cells. */
class FlatRowTest {
    private static final String SLOTS = """
            model: flat
            objective: logistic
            labels: {click: 1}
            rewardWindow: 5s
            slots:
              genres: {type: categories, from: item.genres}
              age: {type: number, from: user.age, bins: [10, 20]}
              user: {type: category, from: user.id}
              price: {type: number, from: item.price, transform: log1p}
              cheap: {type: number, from: item.price, bins: [2, 5]}
              id: {type: category, from: item.id}
              again: {type: category, from: item.id}
            """;

    @Test
    void cellsInAnyOrderMakeTheSameVectors() {
        Vectorizer vectorizer = new Vectorizer(SpecReader.parse("flat", SLOTS));
        CellRow flat = assertInstanceOf(FlatRow.class, vectorizer.newCellRow());
        CellRow slots = vectorizer.newRow();
        SplittableRandom random = new SplittableRandom(5);
        int attributes = vectorizer.attributes().size();
        for (int round = 0; round < 5_000; round++) {
            flat.clear();
            slots.clear();
            for (int cells = random.nextInt(random.nextInt(50) == 0 ? 300 : 12); cells > 0; cells--) {
                int attribute = random.nextInt(attributes);
                int kind = random.nextInt(3);
                double value = random.nextInt(4) == 0 ? random.nextDouble() * 30 : random.nextInt(30);
                byte[] text = ("x" + value).getBytes(StandardCharsets.UTF_8);
                for (CellRow row : new CellRow[] {flat, slots}) {
                    switch (kind) {
                        case 0 -> row.text(attribute, text, 0, text.length);
                        case 1 -> row.number(attribute, value);
                        default -> row.numeric(attribute, value);
                    }
                }
            }
            FeatureVector expected = slots.vector();
            FeatureVector found = flat.vector();
            assertEquals(expected.size(), found.size());
            int size = found.size();
            assertArrayEquals(Arrays.copyOf(expected.ids(), size), Arrays.copyOf(found.ids(), size));
            assertArrayEquals(Arrays.copyOf(expected.values(), size), Arrays.copyOf(found.values(), size));
        }
    }
}
