package dev.millrace.ps.wire;

/** A call that failed: a code, one number whose meaning the code gives, and words for the log. */
public final class WireException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final WireCode code;
    private final long detail;

    public WireException(WireCode code, String message) {
        this(code, 0, message);
    }

    public WireException(WireCode code, long detail, String message) {
        super(message);
        this.code = code;
        this.detail = detail;
    }

    public WireException(WireCode code, String message, Throwable cause) {
        super(message, cause);
        this.code = code;
        this.detail = 0;
    }

    public WireCode code() {
        return code;
    }

    public long detail() {
        return detail;
    }

    @Override
    public String toString() {
        return code + (detail == 0 ? "" : " (" + detail + ")") + ": " + getMessage();
    }
}
