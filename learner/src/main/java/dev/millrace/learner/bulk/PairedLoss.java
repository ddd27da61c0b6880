package dev.millrace.learner.bulk;

/**
 * How much worse one prediction is than another on the same samples: Σ(a − b)/n of their losses, with a standard error
 * that takes samples of one request as one draw, since they go together (the ratio estimator over clusters: Cochran 1977,
 * §6). One thread.
 */
final class PairedLoss {
    private long samples;
    private long requests;
    private double reference;
    private double difference;
    private long request;
    private double ofRequest;
    private long samplesOfRequest;
    private double squares;
    private double products;
    private double counts;

    /** Samples of one request follow each other. */
    void add(long requestHash, double loss, double referenceLoss) {
        if (samples == 0 || requestHash != request) {
            endRequest();
            request = requestHash;
        }
        samples++;
        samplesOfRequest++;
        ofRequest += loss - referenceLoss;
        difference += loss - referenceLoss;
        reference += referenceLoss;
    }

    private void endRequest() {
        if (samplesOfRequest > 0) {
            requests++;
            squares += ofRequest * ofRequest;
            products += ofRequest * samplesOfRequest;
            counts += (double) samplesOfRequest * samplesOfRequest;
        }
        ofRequest = 0;
        samplesOfRequest = 0;
    }

    /** @return NaN for all but the samples when there are fewer than two requests */
    HeldOut.Paired end(String with) {
        endRequest();
        double mean = difference / samples;
        double variance = squares - 2 * mean * products + mean * mean * counts;
        double error =
                requests < 2 ? Double.NaN : Math.sqrt(Math.max(0, variance) * requests / (requests - 1.0)) / samples;
        return new HeldOut.Paired(with, samples, reference / samples, mean, error);
    }
}
