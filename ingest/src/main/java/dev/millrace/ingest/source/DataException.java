package dev.millrace.ingest.source;

import java.io.IOException;

/** Something in a data file cannot be used: the message names the file, the place in it and how to mend it. */
public final class DataException extends IOException {
    private static final long serialVersionUID = 1;

    public DataException(String message) {
        super(message);
    }

    public DataException(String message, Throwable cause) {
        super(message, cause);
    }
}
