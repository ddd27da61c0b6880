package dev.millrace.join.flink;

/** What a sink writes, and where to. */
record TopicRecord(String topic, byte[] value) {}
