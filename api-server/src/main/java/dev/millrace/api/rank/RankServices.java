package dev.millrace.api.rank;

import java.util.List;

/**
 * The services of all models.
 *
 * @param all as they are asked: a model's arms may answer for it
 * @param alone of each model by its own weights
 */
public record RankServices(List<RankService> all, List<RankService> alone) {
    public RankServices {
        all = List.copyOf(all);
        alone = List.copyOf(alone);
    }
}
