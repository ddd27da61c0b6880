/**
 * Benchmarks of the whole service, figure by figure against their targets.
 *
 * <p>In: recorded data. Out: a report as JSON. Depends on the launcher (services run as processes of their own) and
 * loadtest. One thread.
 */
@NullMarked
package dev.millrace.deploy.bench;

import org.jspecify.annotations.NullMarked;
