/**
 * A standalone Flink cluster of processes on this machine, and the join on it.
 *
 * <p>In: a job jar, specs, a folder. Out: a JobManager and TaskManagers that run the join, savepoints. Depends on the
 * class paths that the build of feature-join writes, and on Flink's client. A cluster belongs to one thread; one of its
 * own starts again what dies.
 */
@NullMarked
package dev.millrace.deploy.cluster;

import org.jspecify.annotations.NullMarked;
