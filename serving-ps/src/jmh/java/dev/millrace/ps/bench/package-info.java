/**
 * Benchmarks of the parameter server: each prints the line that runs it and JSON lines of what it measured.
 *
 * <p>In: arguments. Out: numbers. May use every package of the module. Each main owns its threads and processes.
 */
@NullMarked
package dev.millrace.ps.bench;

import org.jspecify.annotations.NullMarked;
