package dev.millrace.deploy.evaluate;

/**
 * Estimates the value of a target policy π from requests that a policy with known propensities p answered. A request's
 * reward is the sum over its places, and a place's reward is taken to depend on the request, the place and the item
 * there, not on the other items (the item-position model of Li et al., KDD 2018), so each place weighs on its own:
 *
 * <pre>
 *   w = π(a at k | x) / p(a at k | x)
 *   IPS    V = mean Σₖ w·r                                             (Horvitz and Thompson 1952; Li et al. 2011)
 *   SNIPS  V = mean length · Σ w·r / Σ w                               (Swaminathan and Joachims 2015)
 *   DR     V = mean Σₖ [ Σₐ π(a at k)·q(x, a) + w·(r − q(x, a shown)) ]  (Dudík, Langford, Li 2011), q the target model's logged score
 *   ESS    (Σw)² / Σw²                                                 (Kish 1965), over places
 * </pre>
 *
 * Requests are independent, places of one are not: errors are of the mean over requests; of the ratio by the delta method.
 * IPS and DR are unbiased when every item that π shows has p above 0. One thread.
 */
public final class PolicyEstimator {
    private final TargetPolicy target;
    private final Moments shown = new Moments();
    private final Moments ips = new Moments();
    private final Moments robust = new Moments();
    private final Moments weights = new Moments();
    /** Sums of products of a request's weighted reward, weight and length. */
    private final double[][] products = new double[3][3];

    private final double[] sums = new double[3];
    private long places;
    private double squares;
    private double largest;
    private long unknown;

    public PolicyEstimator(TargetPolicy target) {
        this.target = target;
    }

    /** Mean and its standard error, of one number a request (Welford 1962). */
    private static final class Moments {
        private long n;
        private double mean;
        private double deviations;

        void add(double x) {
            n++;
            double from = x - mean;
            mean += from / n;
            deviations += from * (x - mean);
        }

        Estimate estimate() {
            return new Estimate(mean, n < 2 ? Double.POSITIVE_INFINITY : Math.sqrt(deviations / (n - 1) / n));
        }
    }

    /** Passes over a request of which the log does not say how the target would have ranked it. */
    public void add(LoggedRequest request) {
        if (!target.knows(request)) {
            unknown++;
            return;
        }
        double reward = 0;
        double weighted = 0;
        double weight = 0;
        double corrected = 0;
        int length = request.places().size();
        TargetPolicy.Applied its = target.to(request);
        for (int i = 0; i < length; i++) {
            LoggedRequest.Place place = request.places().get(i);
            double w = its.probability(i) / place.propensity();
            reward += place.reward();
            weighted += w * place.reward();
            weight += w;
            corrected += its.expected(i) + w * (place.reward() - its.score(i));
            squares += w * w;
            largest = Math.max(largest, w);
        }
        places += length;
        shown.add(reward);
        ips.add(weighted);
        robust.add(corrected);
        weights.add(weight / length);
        double[] sizes = {weighted, weight, length};
        for (int i = 0; i < sizes.length; i++) {
            sums[i] += sizes[i];
            for (int j = 0; j < sizes.length; j++) {
                products[i][j] += sizes[i] * sizes[j];
            }
        }
    }

    /** Requests that were added and passed over. */
    public long unknown() {
        return unknown;
    }

    /** Whether there is anything to report. */
    public boolean knows() {
        return shown.n > 0;
    }

    /** @throws IllegalStateException when nothing was added */
    public PolicyReport report() {
        if (shown.n == 0) {
            throw new IllegalStateException("no request to estimate from");
        }
        double total = sums[1];
        return new PolicyReport(
                shown.n,
                places,
                shown.estimate(),
                ips.estimate(),
                selfNormalized(),
                robust.estimate(),
                weights.estimate(),
                squares == 0 ? 0 : total * total / squares,
                largest);
    }

    /** V = K̄·Ā/B̄ of the means of weighted reward A, weight B and length K; its gradient gives the error. */
    private Estimate selfNormalized() {
        long n = shown.n;
        double a = sums[0] / n;
        double b = sums[1] / n;
        double k = sums[2] / n;
        if (b == 0 || n < 2) {
            return new Estimate(Double.NaN, Double.POSITIVE_INFINITY);
        }
        double[] means = {a, b, k};
        double[] gradient = {k / b, -k * a / (b * b), a / b};
        double variance = 0;
        for (int i = 0; i < means.length; i++) {
            for (int j = 0; j < means.length; j++) {
                double covariance = (products[i][j] - n * means[i] * means[j]) / (n - 1);
                variance += gradient[i] * gradient[j] * covariance;
            }
        }
        return new Estimate(k * a / b, Math.sqrt(Math.max(0, variance) / n));
    }
}
