package dev.millrace.ingest.source;

import dev.millrace.ingest.feature.Vectorizer;
import dev.millrace.ingest.spec.Heads;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What columns are to a model, by their names. Immutable. */
final class ColumnRoles {
    /** Of a column that labels no head alone. */
    static final int NO_HEAD = -1;

    static final Column UNUSED = new Column("", Special.NONE, NO_HEAD, -1, false, false, false);

    private static final String ITEM_ID = "item.id";

    private final SourceConfig config;
    private final Vectorizer vectorizer;
    private final List<String> lists;
    private final HeadColumns heads;

    enum Special {
        NONE,
        LABEL,
        WEIGHT,
        TIME,
        REQUEST,
        ITEM
    }

    /**
     * @param head of a label: the head that it is of; {@link #NO_HEAD}: the row's
     * @param attribute its place among the vectorizer's; −1: none of them
     * @param number whether a slot reads it as a number
     * @param text whether a slot reads it as text
     * @param list whether its text is several
     */
    record Column(String name, Special special, int head, int attribute, boolean number, boolean text, boolean list) {
        /** Whether it is one text for the vectorizer, and nothing else. */
        boolean isPlainText() {
            return text && !number && !list && special == Special.NONE;
        }

        /** Whether it is a number for the vectorizer, and nothing else. */
        boolean isPlainNumber() {
            return number && !text && special == Special.NONE;
        }

        boolean isUsed() {
            return attribute >= 0 || special != Special.NONE;
        }
    }

    /**
     * @param lists attributes whose cells hold several texts
     * @throws DataException when the configuration names a head that the model does not have
     */
    ColumnRoles(SourceConfig config, Vectorizer vectorizer, List<String> lists, Heads heads) throws DataException {
        this.config = config;
        this.vectorizer = vectorizer;
        this.lists = lists;
        this.heads = HeadColumns.of(config, heads);
    }

    Column of(String name) {
        int attribute = attribute(name);
        int head = heads.of(name, attribute >= 0);
        Special special = head >= 0 ? Special.LABEL : special(name, attribute);
        if (attribute < 0) {
            return special == Special.NONE ? UNUSED : new Column(name, special, head, -1, false, false, false);
        }
        String from = vectorizer.attributes().get(attribute);
        return new Column(
                name,
                special,
                head,
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
        heads.check(columns, file);
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

    static void missing(boolean found, String file, String name) throws DataException {
        if (!found) {
            throw new DataException(file + ": has no column '" + name
                    + "'; name the right one, or name all columns where the file has no header line");
        }
    }
}
