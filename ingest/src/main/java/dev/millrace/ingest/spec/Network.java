package dev.millrace.ingest.spec;

import java.util.List;

/**
 * What a model computes beside its wide part Σ wᵢ·xᵢ: embeddings of slots, and what is made of them. The other slots and
 * the crosses are wide only.
 *
 * @param slots names of those with embeddings, in the spec's order
 * @param dim floats of an embedding, 1..{@value #MAX_DIM}; 0: a linear model
 * @param hidden widths of the layers of the perceptron, those before its output
 * @param crossLayers layers of the cross network
 * @param crossRank rank of their matrices; 0: full
 * @param batch samples of one record that are learned as one minibatch, at most
 * @param initial standard deviation of a new embedding
 * @param seed of everything that is drawn
 * @param embeddings how they follow their gradients
 * @param dense how the layers do
 * @param foldIn how embeddings of new rows begin
 */
public record Network(
        Type type,
        List<String> slots,
        int dim,
        List<Integer> hidden,
        int crossLayers,
        int crossRank,
        int batch,
        double initial,
        long seed,
        Update embeddings,
        Update dense,
        FoldIn foldIn) {
    public static final int MAX_DIM = 256;

    /** What is made of the embeddings. */
    public enum Type {
        /** Nothing: there are none. */
        LINEAR,
        /** Factorization machine (Rendle 2010). */
        FM,
        /** Field-weighted factorization machine (Pan et al. 2018). */
        FWFM,
        /** Biased matrix factorization (Koren, Bell, Volinsky 2009): two slots. */
        MF,
        /** Wide and deep (Cheng et al. 2016). */
        WIDEDEEP,
        /** FM and perceptron over the same embeddings (Guo et al. 2017). */
        DEEPFM,
        /** Deep and cross, version 2 (Wang et al. 2021), the two side by side. */
        DCN;

        public boolean hasPairs() {
            return this == FM || this == MF || this == DEEPFM;
        }

        public boolean isDeep() {
            return this == WIDEDEEP || this == DEEPFM || this == DCN;
        }
    }

    public static final Network LINEAR = new Network(
            Type.LINEAR, List.of(), 0, List.of(), 0, 0, 1, 0, 0, Update.EMBEDDINGS, Update.DENSE, FoldIn.NONE);

    public Network {
        slots = List.copyOf(slots);
        hidden = List.copyOf(hidden);
    }

    public boolean isLinear() {
        return type == Type.LINEAR;
    }

    /** Floats of a serving row: the wide weight and the embedding. */
    public int width() {
        return 1 + dim;
    }

    /** Parameters of all layers. @param heads 0: one output */
    long layerParameters(int heads) {
        long inputs = (long) slots.size() * dim;
        long sum = type == Type.FWFM ? slots.size() * (slots.size() - 1L) / 2 : 0;
        long matrix = crossRank == 0 ? inputs * inputs : 2 * inputs * crossRank;
        sum += crossLayers * (matrix + inputs) + (crossLayers > 0 ? inputs : 0);
        long in = inputs;
        for (int width : hidden) {
            sum += (in + 1) * width;
            in = width;
        }
        return sum + (hidden.isEmpty() ? 0 : in * Math.max(1, heads)) + 2L * heads;
    }

    /** What they take in a delta: rows as long as an embedding, with a weight and a key each. */
    long layerBytes(int heads) {
        return (layerParameters(heads) + dim - 1) / dim * (Long.BYTES + (1L + dim) * Float.BYTES);
    }

    /** All that changes what weights mean. */
    void describe(StringBuilder text) {
        text.append("\nnetwork ")
                .append(type)
                .append(' ')
                .append(slots)
                .append(' ')
                .append(dim)
                .append(' ')
                .append(hidden);
        text.append(' ')
                .append(crossLayers)
                .append(' ')
                .append(crossRank)
                .append(' ')
                .append(batch);
        text.append(' ').append(Double.doubleToLongBits(initial)).append(' ').append(seed);
        for (Update update : List.of(embeddings, dense)) {
            text.append(' ').append(update.rule()).append(' ').append(Double.doubleToLongBits(update.rate()));
            text.append(' ').append(Double.doubleToLongBits(update.l2()));
        }
        if (!foldIn.isNone()) {
            text.append(" fold-in ").append(foldIn.actions()).append(' ').append(foldIn.bytes());
            text.append(' ').append(Double.doubleToLongBits(foldIn.ridge()));
        }
    }
}
