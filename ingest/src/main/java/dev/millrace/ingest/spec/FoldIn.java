package dev.millrace.ingest.spec;

/**
 * Embeddings of whoever is new, solved for from the first actions in place of gradient steps: ridge regression against
 * what they met, which stays as it was.
 *
 * @param actions a row is folded in after each of so many; 0: never
 * @param ridge λ, in actions: how much the first draw of an embedding counts
 * @param bytes memory for rows that are young; beyond it the oldest of them go on by gradient
 */
public record FoldIn(int actions, double ridge, int bytes) {
    public static final FoldIn NONE = new FoldIn(0, 4, 8 << 20);
    static final int MAX_ACTIONS = 1_000;
    /** Of an embedding: what is kept of a young row grows with its square. */
    static final int MAX_DIM = 64;

    public boolean isNone() {
        return actions == 0;
    }
}
