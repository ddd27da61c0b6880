package dev.millrace.api;

import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.SpecReader;

/** A small spec with a slot of every side. */
public final class MovieSpec {
    public static final ModelSpec SPEC = SpecReader.parse("movies.yml", """
            model: movies
            objective: logistic
            labels: {like: 1, dislike: 0}
            rewardWindow: 5s
            slots:
              user: {type: category, from: user.id}
              age: {type: number, from: user.age, bins: [20, 40]}
              item: {type: category, from: item.id}
              genres: {type: categories, from: item.genres}
              price: {type: number, from: item.price}
              device: {type: category, from: context.device}
            """);

    private MovieSpec() {}
}
