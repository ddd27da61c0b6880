package dev.millrace.learner.chain;

import dev.millrace.ingest.chain.ChainRun;
import dev.millrace.ingest.chain.ChainStep;
import java.io.IOException;
import java.util.Map;

/** What the steps of a run do. Several runs at once, each on a thread of its own. */
public interface ChainSteps {
    /**
     * What a step has found.
     *
     * @param metrics by name, to stand beside those of the steps before
     * @param version made of it; 0: none
     * @param detail to a person
     */
    record Outcome(Map<String, Double> metrics, long version, String detail) {
        public Outcome {
            metrics = Map.copyOf(metrics);
        }

        public static Outcome of(String detail) {
            return new Outcome(Map.of(), 0, detail);
        }
    }

    /** The weights are not to be published: trying again would change nothing. */
    final class RefusedException extends Exception {
        private static final long serialVersionUID = 1;

        public RefusedException(String reasons) {
            super(reasons);
        }
    }

    /**
     * Does a step from its beginning: what another try has left of it is removed first. The same twice is as once.
     *
     * @throws InterruptedException when it is to end; nothing of it goes on
     */
    Outcome run(ChainStep step, ChainRun run) throws IOException, InterruptedException, RefusedException;

    /** Deletes what the steps of a run that has ended have left. */
    void clean(ChainRun run) throws IOException;
}
