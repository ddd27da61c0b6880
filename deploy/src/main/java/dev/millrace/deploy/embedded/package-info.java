/**
 * The embedded assembly: every engine of Millrace in one process, on one data folder.
 *
 * <p>In: a model spec, a folder, a port. Out: a running service. Depends on all modules. Started and closed by one
 * thread.
 */
@NullMarked
package dev.millrace.deploy.embedded;

import org.jspecify.annotations.NullMarked;
