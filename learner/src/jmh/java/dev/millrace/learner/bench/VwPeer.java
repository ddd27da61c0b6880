package dev.millrace.learner.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import vowpalWabbit.learner.VWLearners;
import vowpalWabbit.learner.VWScalarLearner;

/**
 * Vowpal Wabbit's FTRL over a text file, in a process of its own: one thread reads lines, the other has them parsed and
 * learned through JNI (its own driver, which parses beside it too, cannot be started through JNI for a first pass). Twice,
 * each with a new model. Prints seconds and progressive log loss.
 *
 * <pre>VwPeer FILE</pre>
 */
public final class VwPeer {
    private static final int BATCH = 256;
    private static final int BATCHES_AHEAD = 16;

    private VwPeer() {}

    public static void main(String[] args) throws Exception {
        String options = "--ftrl --ftrl_alpha " + CriteoLike.ALPHA + " --ftrl_beta " + CriteoLike.BETA
                + " --l1 0 --l2 0 -b 24 --loss_function logistic --holdout_off --quiet --no_stdin";
        for (int pass = 0; pass < 2; pass++) {
            BlockingQueue<List<String>> lines = new ArrayBlockingQueue<>(BATCHES_AHEAD);
            try (VWScalarLearner learner = VWLearners.create(options)) {
                long startNs = System.nanoTime();
                Thread reader = Thread.ofPlatform().start(() -> read(Path.of(args[0]), lines));
                double loss = 0;
                long rows = 0;
                for (List<String> batch = lines.take(); !batch.isEmpty(); batch = lines.take()) {
                    for (String line : batch) {
                        // What it predicted before it learned: a logit.
                        double logit = learner.learn(line);
                        loss += softplus(line.charAt(0) == '-' ? logit : -logit);
                    }
                    rows += batch.size();
                }
                double seconds = (System.nanoTime() - startNs) / 1e9;
                reader.join();
                System.out.println("text " + rows + " rows " + seconds + " seconds, log loss " + loss / rows);
            }
        }
    }

    private static double softplus(double x) {
        return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
    }

    private static void read(Path file, BlockingQueue<List<String>> to) {
        try (BufferedReader in = Files.newBufferedReader(file)) {
            List<String> batch = new ArrayList<>(BATCH);
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                batch.add(line);
                if (batch.size() == BATCH) {
                    to.put(batch);
                    batch = new ArrayList<>(BATCH);
                }
            }
            if (!batch.isEmpty()) {
                to.put(batch);
            }
            to.put(List.of());
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
