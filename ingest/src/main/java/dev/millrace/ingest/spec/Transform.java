package dev.millrace.ingest.spec;

/** A fixed function of a number, before bins or standardization. */
public enum Transform {
    NONE,
    /** sgn(x) · ln(1 + |x|). */
    LOG1P,
    /** sgn(x) · √|x|. */
    SQRT,
    /** ln(x / (1 − x)) of a rate, held within ±{@value #FARTHEST_LOGIT}. */
    LOGIT;

    private static final double FARTHEST_LOGIT = 12;

    public double apply(double x) {
        return switch (this) {
            case NONE -> x;
            case LOG1P -> Math.signum(x) * Math.log1p(Math.abs(x));
            case SQRT -> Math.signum(x) * Math.sqrt(Math.abs(x));
            case LOGIT -> Math.max(-FARTHEST_LOGIT, Math.min(FARTHEST_LOGIT, Math.log(x / (1 - x))));
        };
    }
}
