/**
 * Benchmarks of learning, each a program of its own, beside peers.
 *
 * <p>In: data made with a seed. Out: figures, a JSON object a line. Depends on the module and its peers' jars.
 */
@NullMarked
package dev.millrace.learner.bench;

import org.jspecify.annotations.NullMarked;
