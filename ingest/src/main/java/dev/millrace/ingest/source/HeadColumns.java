package dev.millrace.ingest.source;

import dev.millrace.ingest.spec.Heads;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Which columns label which heads of a model. Immutable. */
final class HeadColumns {
    private final SourceConfig config;
    private final List<String> heads;
    /** Column to the head that it was named for. */
    private final Map<String, Integer> named = new HashMap<>();

    private HeadColumns(SourceConfig config, List<String> heads) {
        this.config = config;
        this.heads = heads;
    }

    /** @throws DataException when a head is named that the model does not have, or one column for two heads */
    static HeadColumns of(SourceConfig config, Heads heads) throws DataException {
        HeadColumns columns = new HeadColumns(config, heads.names());
        for (Map.Entry<String, String> entry : config.heads().entrySet()) {
            int head = columns.heads.indexOf(entry.getKey());
            if (head < 0) {
                throw new DataException("a column is named for head '" + entry.getKey() + "', the model has "
                        + (columns.heads.isEmpty() ? "no heads" : String.join(", ", columns.heads)));
            }
            if (columns.named.put(entry.getValue(), head) != null) {
                throw new DataException("column '" + entry.getValue()
                        + "' is named for two heads; give a column of action types as the row's label instead");
            }
        }
        return columns;
    }

    /** The head that a column labels; {@link ColumnRoles#NO_HEAD}: none alone. */
    int of(String column, boolean isAttribute) {
        Integer head = named.get(column);
        if (head != null) {
            return head;
        }
        int same = isAttribute || column.equals(config.label()) ? -1 : heads.indexOf(column);
        return same < 0 || config.heads().containsKey(column) ? ColumnRoles.NO_HEAD : same;
    }

    /** @throws DataException when no column labels anything, or one that was named is not there */
    void check(List<ColumnRoles.Column> columns, String file) throws DataException {
        Set<String> labels = new HashSet<>();
        columns.stream().filter(c -> c.special() == ColumnRoles.Special.LABEL).forEach(c -> labels.add(c.name()));
        for (String column : named.keySet()) {
            ColumnRoles.missing(labels.contains(column), file, column);
        }
        if (labels.isEmpty() && !heads.isEmpty()) {
            throw new DataException(file + ": no column is a label; '" + config.label()
                    + "' of action types, or one each of the heads " + String.join(", ", heads));
        }
        ColumnRoles.missing(!labels.isEmpty(), file, config.label());
    }
}
