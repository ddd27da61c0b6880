package dev.millrace.api.desk;

import dev.millrace.api.problem.Problem;
import dev.millrace.api.problem.ProblemException;
import java.util.concurrent.Callable;
import java.util.concurrent.Semaphore;

/** Lets a bounded number of requests of one kind in at a time; who finds it full is told to come again. */
public final class Gate {
    private final String what;
    private final Semaphore places;

    /** @param what is let in, for the problem */
    public Gate(String what, int places) {
        this.what = what;
        this.places = new Semaphore(places);
    }

    /** What the work gives. */
    public <T> T pass(Callable<T> work) throws Exception {
        if (!places.tryAcquire()) {
            throw new ProblemException(Problem.overload("too many " + what + " at once"));
        }
        try {
            return work.call();
        } finally {
            places.release();
        }
    }
}
