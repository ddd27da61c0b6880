package dev.millrace.ingest.source;

import dev.millrace.ingest.feature.Vectorizer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What columns are to a model, by their names. Immutable. */
final class ColumnRoles {
    static final Column UNUSED = new Column("", Special.NONE, -1, false, false, false);

    private static final String ITEM_ID = "item.id";

    private final SourceConfig config;
    private final Vectorizer vectorizer;
    private final List<String> lists;

    enum Special {
        NONE,
        LABEL,
        WEIGHT,
        TIME,
        REQUEST,
        ITEM
    }

    /**
     * @param attribute its place among the vectorizer's; −1: none of them
     * @param number whether a slot reads it as a number
     * @param text whether a slot reads it as text
     * @param list whether its text is several
     */
    record Column(String name, Special special, int attribute, boolean number, boolean text, boolean list) {
        boolean isUsed() {
            return attribute >= 0 || special != Special.NONE;
        }
    }

    /** @param lists attributes whose cells hold several texts */
    ColumnRoles(SourceConfig config, Vectorizer vectorizer, List<String> lists) {
        this.config = config;
        this.vectorizer = vectorizer;
        this.lists = lists;
    }

    Column of(String name) {
        int attribute = attribute(name);
        Special special = special(name, attribute);
        if (attribute < 0) {
            return special == Special.NONE ? UNUSED : new Column(name, special, -1, false, false, false);
        }
        String from = vectorizer.attributes().get(attribute);
        return new Column(
                name,
                special,
                attribute,
                vectorizer.readsNumber(attribute),
                vectorizer.readsText(attribute),
                lists.contains(from));
    }

    private Special special(String name, int attribute) {
        if (name.equals(config.label())) {
            return Special.LABEL;
        }
        if (name.equals(config.weight())) {
            return Special.WEIGHT;
        }
        if (name.equals(config.time())) {
            return Special.TIME;
        }
        if (name.equals(config.request())) {
            return Special.REQUEST;
        }
        boolean isItem =
                attribute >= 0 && vectorizer.attributes().get(attribute).equals(ITEM_ID);
        return config.request() != null && (isItem || name.equals(ITEM_ID)) ? Special.ITEM : Special.NONE;
    }

    private int attribute(String name) {
        List<String> attributes = vectorizer.attributes();
        int exact = attributes.indexOf(name);
        if (exact >= 0) {
            return exact;
        }
        int found = -1;
        for (int i = 0; i < attributes.size(); i++) {
            if (attributes.get(i).endsWith("." + name)) {
                if (found >= 0) {
                    return -1;
                }
                found = i;
            }
        }
        return found;
    }

    /** @throws DataException when no column is the label, or none an attribute */
    void check(List<Column> columns, String file) throws DataException {
        missing(columns.stream().anyMatch(c -> c.special() == Special.LABEL), file, config.label());
        missing(config.weight(), Special.WEIGHT, columns, file);
        missing(config.time(), Special.TIME, columns, file);
        missing(config.request(), Special.REQUEST, columns, file);
        if (columns.stream().noneMatch(c -> c.attribute() >= 0)) {
            throw new DataException(file + ": no column is an attribute of the model; it reads "
                    + String.join(", ", vectorizer.attributes()));
        }
    }

    private static void missing(@Nullable String name, Special special, List<Column> columns, String file)
            throws DataException {
        if (name != null) {
            missing(columns.stream().anyMatch(c -> c.special() == special), file, name);
        }
    }

    private static void missing(boolean found, String file, String name) throws DataException {
        if (!found) {
            throw new DataException(file + ": has no column '" + name
                    + "'; name the right one, or name all columns where the file has no header line");
        }
    }
}
