package dev.millrace.ps.kernel;

/** Whether the JVM was started with the Vector API; classes that use it must not be loaded otherwise. */
public final class VectorModule {
    public static final boolean PRESENT =
            ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();

    private VectorModule() {}
}
