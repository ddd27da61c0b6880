package dev.millrace.api.log;

import dev.millrace.ingest.feature.EncodedImpression;
import dev.millrace.ingest.proto.Action;
import dev.millrace.ingest.proto.DeadLetter;
import dev.millrace.ingest.sample.SampleBlock;
import java.util.List;

/** Tells several listeners, in their order. */
public record Listeners(List<LogListener> all) implements LogListener {
    public Listeners {
        all = List.copyOf(all);
    }

    @Override
    public void impression(EncodedImpression impression) {
        all.forEach(l -> l.impression(impression));
    }

    @Override
    public void action(Action action) {
        all.forEach(l -> l.action(action));
    }

    @Override
    public void samples(Place place, SampleBlock block) {
        all.forEach(l -> l.samples(place, block));
    }

    @Override
    public void deadLetter(DeadLetter letter, boolean live) {
        all.forEach(l -> l.deadLetter(letter, live));
    }
}
