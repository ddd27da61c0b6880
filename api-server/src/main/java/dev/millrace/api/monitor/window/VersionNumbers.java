package dev.millrace.api.monitor.window;

/** Which numbered version of a model a delta's sequence belongs to: the newest made up to there, or gone back to. */
public interface VersionNumbers {
    VersionNumbers NONE = (model, sequence) -> 0;

    /** 0: none was made before. */
    long of(String model, long sequence);
}
