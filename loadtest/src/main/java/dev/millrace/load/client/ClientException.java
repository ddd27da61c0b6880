package dev.millrace.load.client;

/** A call that did not succeed; the message names the call and what the server said. */
public sealed class ClientException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private ClientException(String message) {
        super(message);
    }

    /** The server understood and said no: trying again would not help. */
    public static final class Refused extends ClientException {
        private static final long serialVersionUID = 1;
        private final int status;

        Refused(String message, int status) {
            super(message);
            this.status = status;
        }

        /** HTTP status. */
        public int status() {
            return status;
        }
    }

    /** No usable answer within the client's patience. */
    public static final class Unavailable extends ClientException {
        private static final long serialVersionUID = 1;

        Unavailable(String message) {
            super(message);
        }
    }
}
