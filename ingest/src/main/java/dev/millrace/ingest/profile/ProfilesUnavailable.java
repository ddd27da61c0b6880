package dev.millrace.ingest.profile;

/** The profiles are kept elsewhere and cannot be had now. */
public final class ProfilesUnavailable extends RuntimeException {
    private static final long serialVersionUID = 1;

    public ProfilesUnavailable(String message, Throwable cause) {
        super(message, cause);
    }
}
