package dev.millrace.learner.bench;

import java.nio.file.Files;
import java.nio.file.Path;
import vowpalWabbit.learner.VWLearner;
import vowpalWabbit.learner.VWLearners;

/**
 * Vowpal Wabbit's FTRL over a text file by its own driver, which parses on a second thread, in a process of its own.
 * Prints the seconds of one pass over the text, creation and end included; the program prints its average loss itself.
 *
 * <pre>VwPeer FILE ROWS</pre>
 */
public final class VwPeer {
    private VwPeer() {}

    public static void main(String[] args) throws Exception {
        Path cache = Files.createTempFile("vw-", ".cache");
        // Its driver runs for several passes only; it ends at the number of examples, so that this is the first pass.
        String options = "--ftrl --ftrl_alpha " + CriteoLike.ALPHA + " --ftrl_beta " + CriteoLike.BETA
                + " --l1 0 --l2 0 -b 22 --loss_function logistic --holdout_off --no_stdin --passes 2 --examples "
                + args[1]
                + " -k --cache_file " + cache + " -d " + args[0];
        long startNs = System.nanoTime();
        VWLearner learner = VWLearners.create(options);
        learner.close();
        System.out.println("seconds " + (System.nanoTime() - startNs) / 1e9);
        Files.deleteIfExists(cache);
    }
}
