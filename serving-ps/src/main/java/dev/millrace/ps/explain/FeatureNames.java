package dev.millrace.ps.explain;

import dev.millrace.ingest.feature.FeatureValue;
import dev.millrace.ingest.feature.FeatureVector;
import dev.millrace.ingest.feature.RawFeatures;
import dev.millrace.ingest.feature.Vectorizer;
import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.spec.Cross;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.Slot;
import dev.millrace.ingest.spec.SlotType;
import it.unimi.dsi.fastutil.longs.Long2ObjectOpenHashMap;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Readable names of a vector's features: {@code tags=hat}, {@code user=anna * tags=hat}. The vectorizer itself says which
 * value makes which feature: each value, and each combination of a cross, is given to it alone. O(features).
 */
public final class FeatureNames {
    private static final String BIAS = "(bias)";
    private static final int MAX_COMBINATIONS = 10_000;
    private static final Pattern SPACE = Pattern.compile("[^\\p{L}\\p{N}]+");

    private final ModelSpec spec;
    private final Vectorizer vectorizer;
    private final Map<String, Slot> slots = new HashMap<>();
    private final Map<Integer, String> slotNames = new HashMap<>();

    public FeatureNames(ModelSpec spec) {
        this.spec = spec;
        vectorizer = new Vectorizer(spec);
        spec.slots().forEach(slot -> {
            slots.put(slot.name(), slot);
            slotNames.put(FeatureIds.slot(slot.name()), slot.name());
        });
        spec.crosses().forEach(cross -> slotNames.put(FeatureIds.slot(cross.name()), cross.name()));
    }

    /** One value of an attribute. */
    private record Atom(String attribute, FeatureValue value, String text) {}

    /** By feature id. */
    public Map<Long, String> of(RawFeatures request, RawFeatures item) {
        Map<Long, String> names = new Long2ObjectOpenHashMap<>();
        names.put(FeatureIds.BIAS, BIAS);
        for (Slot slot : spec.slots()) {
            for (Atom atom : atoms(slot, request, item)) {
                name(FeatureIds.slot(slot.name()), slot.name() + "=" + atom.text(), List.of(atom), names);
            }
        }
        for (Cross cross : spec.crosses()) {
            combine(cross, 0, new ArrayList<>(), new ArrayList<>(), names, request, item);
        }
        return names;
    }

    /** What a feature without a name of its own is called: its slot and its hash. */
    public String name(long id, Map<Long, String> names) {
        String name = names.get(id);
        return name != null
                ? name
                : slotNames.getOrDefault(FeatureIds.slotOf(id), "?") + "#" + Long.toHexString(id & 0xFFFF_FFFF_FFFFL);
    }

    private void combine(
            Cross cross,
            int part,
            List<Atom> atoms,
            List<String> texts,
            Map<Long, String> names,
            RawFeatures request,
            RawFeatures item) {
        if (names.size() > MAX_COMBINATIONS) {
            return;
        }
        if (part == cross.slots().size()) {
            name(FeatureIds.slot(cross.name()), String.join(" * ", texts), atoms, names);
            return;
        }
        String slot = cross.slots().get(part);
        Slot of = slots.get(slot);
        if (of == null) {
            return;
        }
        for (Atom atom : atoms(of, request, item)) {
            atoms.add(atom);
            texts.add(slot + "=" + atom.text());
            combine(cross, part + 1, atoms, texts, names, request, item);
            atoms.removeLast();
            texts.removeLast();
        }
    }

    private void name(int slot, String name, List<Atom> atoms, Map<Long, String> names) {
        Map<String, FeatureValue> values = new LinkedHashMap<>();
        atoms.forEach(atom -> values.put(atom.attribute(), atom.value()));
        RawFeatures features = RawFeatures.of(values);
        FeatureVector vector = new FeatureVector();
        Vectorizer.Request hashed = vectorizer.newRequest();
        vectorizer.request(features, hashed, vector);
        vectorizer.item(features, hashed, vector);
        for (int i = 0; i < vector.size(); i++) {
            if (FeatureIds.slotOf(vector.id(i)) == slot) {
                names.putIfAbsent(vector.id(i), name);
            }
        }
    }

    private static List<Atom> atoms(Slot slot, RawFeatures request, RawFeatures item) {
        FeatureValue value = (slot.ofItem() ? item : request).get(slot.from());
        List<Atom> atoms = new ArrayList<>();
        for (String text : texts(value)) {
            if (slot.type() == SlotType.TEXT) {
                for (String word : SPACE.split(text)) {
                    atoms.add(new Atom(slot.from(), new FeatureValue.Text(word), word));
                }
            } else {
                atoms.add(new Atom(slot.from(), new FeatureValue.Text(text), text));
            }
        }
        if (value instanceof FeatureValue.Numeric number) {
            double x = number.value();
            String text = x == Math.rint(x) && Math.abs(x) < 1e15 ? Long.toString((long) x) : Double.toString(x);
            atoms.add(new Atom(slot.from(), value, text));
        }
        return atoms;
    }

    private static List<String> texts(@Nullable FeatureValue value) {
        return switch (value) {
            case FeatureValue.Text text -> List.of(text.value());
            case FeatureValue.Texts texts -> texts.values();
            case null, default -> List.of();
        };
    }
}
