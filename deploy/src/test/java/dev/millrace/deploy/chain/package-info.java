/**
 * Runs of chains on a real log whose worker dies, and the processes of their steps.
 *
 * <p>In: orders. Out: which steps ran, how often. A worker is a process here, so that it can be killed.
 */
@NullMarked
package dev.millrace.deploy.chain;

import org.jspecify.annotations.NullMarked;
