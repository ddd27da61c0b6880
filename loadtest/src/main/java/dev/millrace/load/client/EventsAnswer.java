package dev.millrace.load.client;

import java.util.List;

/** 202: the log has all of them. */
public record EventsAnswer(int accepted, int duplicates, List<Receipt> events) {
    /** @param status {@code accepted}, or {@code duplicate} where the server knows the id already */
    public record Receipt(String id, String status) {}
}
